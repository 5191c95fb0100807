"""The examiner's end: a session with one candidate, cell by cell.

The engine calls :meth:`Session.begin` before each test cell and :meth:`Session.verdict` after it.
In between the cell's names refer to the candidate. What must fail the cell is kept here, so that
no ``except`` of a test can lose it.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakValueDictionary

from coursekit.beside import install
from coursekit.exchange import VARIABLE
from grader.examine.boundary import arguments, beside
from grader.examine.boundary.codec import Caps
from grader.examine.boundary.dialogue import Dialogue
from grader.examine.boundary.failures import (
    PLAIN,
    WAY_OUT,
    BoundaryError,
    CandidateTimeoutError,
    NotPlainError,
    ReplyRefusedError,
)
from grader.examine.boundary.frames import Connection
from grader.examine.boundary.handles import callback_number, is_callable, is_callback
from grader.examine.boundary.reference import (
    CallableReference,
    Reference,
    is_reference,
    receive_again,
)
from grader.examine.boundary.requests import Call, Helper, Operation

if TYPE_CHECKING:
    from ipykernel.kernelapp import IPKernelApp
    from IPython.core.interactiveshell import ExecutionResult

REPR_CHARACTERS = 500
_PLAIN = (bool, int, float)
_attached: Session | None = None


def attach(app: IPKernelApp, connection: socket.socket) -> None:
    """Make this kernel the examiner of the candidate at the other end of ``connection``.

    To be called after ``app.initialize`` and before ``app.start``.
    """
    global _attached
    os.umask(0)  # what a test makes in the exchange folder, the candidate may be another user to
    folder = os.environ.get(VARIABLE)
    shell: Any = app.shell
    session = _attached = Session(
        Connection(connection), shell.user_ns, exchange=Path(folder) if folder else None
    )
    shell.events.register("post_run_cell", session.note)
    # Where IPython itself looks at what the names of a cell, or its value, are.
    shell.display_formatter.format = session.looking(shell.display_formatter.format)
    shell.prefilter_manager.prefilter_lines = session.looking(
        shell.prefilter_manager.prefilter_lines
    )
    install(session.run_beside)


def get_session() -> Session:
    """The session of this kernel, once :func:`attach` was called."""
    if _attached is None:
        raise RuntimeError("this process is no examiner")
    return _attached


class Session:
    """One candidate, examined from ``namespace``. Owner of the references in it."""

    def __init__(
        self,
        connection: Connection,
        namespace: MutableMapping[str, Any],
        *,
        caps: Caps | None = None,
        exchange: Path | None = None,
    ) -> None:
        self._namespace = namespace
        self._names = arguments.Names(namespace)
        self._dialogue = Dialogue(
            connection, self._names, self._reference, caps=caps or Caps(), exchange=exchange
        )
        self._references: WeakValueDictionary[int, Reference] = WeakValueDictionary()
        self._fatal: BoundaryError | None = None
        self._looking = False
        self._value: dict[str, str] | None = None
        self._error: str | None = None

    # What the engine calls.

    def begin(self, names: Sequence[str], given: Sequence[str], seconds: float) -> None:
        """Before a test cell: bind ``names`` to what the candidate has under them now.

        A name that it does not have is removed. ``given`` are the names that given cells have
        bound in both kernels so far. The cell has ``seconds``, this call included. What goes
        wrong is in the verdict.
        """
        self._fatal = None
        self._value = self._error = None
        self._names.note_given(given)
        self._dialogue.begin(seconds)
        for name in names:
            self._namespace.pop(name, None)
        if not names and not self._dialogue.lost:
            return
        try:
            self._namespace.update(self._bound(names))
        except BoundaryError as error:
            self._fatal = error
        except KeyboardInterrupt:
            self._fatal = CandidateTimeoutError("The cell's time is up.")
        except Exception:  # by an honest candidate's words: then a name's value made it fail
            self._fatal = ReplyRefusedError("The student's names could not be read.")

    def verdict(self) -> str:
        """After a test cell: what is known of it, as JSON.

        ``fatal`` is the reason for which it must fail whatever the test made of it, or null, and
        ``message`` says more. ``value`` is null or has the ``type`` of the cell's value, *bool*,
        *int*, *float*, *reference* or *other*, and its ``repr``. ``raised`` is the class name of
        the exception that ended the cell. ``idle`` is false where the candidate owes an answer or
        cannot be asked again: it has to be killed.
        """
        fatal = self._fatal
        self._dialogue.end()
        return json.dumps(
            {
                "fatal": fatal.reason if fatal else None,
                "message": str(fatal) if fatal else "",
                "value": self._value,
                "raised": self._error,
                "idle": self._dialogue.idle,
            }
        )

    # What the kernel calls.

    def note(self, result: ExecutionResult | None) -> None:
        """A cell has ended with ``result``."""
        if result is None:
            return
        error = result.error_before_exec or result.error_in_exec
        self._error = type(error).__name__ if error else None
        self._value = None if error else _described(result.result)

    def looking(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function`` of the kernel's, which may look at references without failing the cell."""

        def look(*positional: Any, **keywords: Any) -> Any:
            before, self._looking = self._looking, True
            try:
                return function(*positional, **keywords)
            finally:
                self._looking = before

        return look

    def run_beside(
        self,
        function: Callable[..., Any],
        positional: tuple[Any, ...],
        keywords: Mapping[str, Any],
    ) -> Any:
        """Run a ``beside`` helper in the candidate and return what it measured."""
        source, name = beside.source_of(function)
        value = self._ask(Operation.BESIDE, 0, Helper(source, name, Call(positional, keywords)))
        if is_reference(value):
            self._fail(NotPlainError(f"A @beside helper must return plain data. {WAY_OUT}"))
        if beside.holds_verdict(value):
            self._fail(
                NotPlainError(
                    "A @beside helper must return a measurement, not True or False, nor a "
                    "container that holds one."
                )
            )
        return value

    # What references call.

    def call(self, handle: int, positional: tuple[object, ...], keywords: dict[str, object]) -> Any:
        """Call a student's object."""
        return self._ask(Operation.CALL, handle, Call(positional, keywords))

    def attribute(self, handle: int, name: str) -> Any:
        """Read a public attribute."""
        return self._ask(Operation.ATTRIBUTE, handle, name)

    def item(self, handle: int, key: object) -> Any:
        """Read an item."""
        return self._ask(Operation.ITEM, handle, key)

    def length(self, handle: int) -> int:
        """Ask for the length."""
        value = self._ask(Operation.LENGTH, handle)
        if type(value) is not int or value < 0:
            self._fail(ReplyRefusedError("A length is a number from 0."))
        return value

    def iterate(self, handle: int) -> Any:
        """Return a reference to an iterator."""
        value = self._ask(Operation.ITERATE, handle)
        if not is_reference(value):
            self._fail(ReplyRefusedError("An iterator is no plain data."))
        return value

    def following(self, handle: int) -> Any:
        """Return the next item, or raise ``StopIteration``."""
        match self._ask(Operation.NEXT, handle):
            case (True, item):
                return item
            case (False, None):
                raise StopIteration
            case _:
                self._fail(ReplyRefusedError("What follows is an item or the end."))

    def release(self, handle: int, received: int) -> None:
        """Note that a reference is no longer held."""
        self._dialogue.released.append((handle, received))

    def refuse(self, what: str) -> NoReturn:
        """Fail the cell: ``what`` was asked of a reference."""
        if self._looking:
            raise AttributeError(what)
        self._fail(
            NotPlainError(
                "Your code returned an object where the test needs a plain value, to ask it for "
                f"{what}. {PLAIN} {WAY_OUT}"
            )
        )

    def _ask(self, operation: Operation, handle: int, detail: object = None) -> Any:
        if self._looking:
            raise AttributeError(operation)
        if self._fatal is not None:
            raise self._fatal
        try:
            return self._dialogue.ask(operation, handle, detail)
        except BoundaryError as error:
            self._fail(error)

    def _fail(self, error: BoundaryError) -> NoReturn:
        self._fatal = self._fatal or error
        raise error

    def _bound(self, names: Sequence[str]) -> dict[str, object]:
        values = self._dialogue.ask(Operation.BIND, detail=tuple(names))
        if type(values) is not dict:
            raise ReplyRefusedError("The student's names could not be read.")
        bound = {}
        for name, data in values.items():
            if name not in names or type(data) is not bytes:
                raise ReplyRefusedError("The student's names could not be read.")
            self._dialogue.check_time()  # a dictionary's keys may take seconds each
            bound[name] = self._dialogue.decoded(data)
        return bound

    def _reference(self, handle: int) -> object:
        if is_callback(handle):
            return self._dialogue.callbacks.find(callback_number(handle))
        known = self._references.get(handle)
        if known is not None:
            receive_again(known)
            return known
        cls = CallableReference if is_callable(handle) else Reference
        made = self._references[handle] = cls(self, handle)
        return made


def _described(value: object) -> dict[str, str] | None:
    """A cell's value for the engine, by its exact type."""
    if value is None:
        return None
    if is_reference(value):
        return {"type": "reference", "repr": ""}
    try:
        text = repr(value)[:REPR_CHARACTERS]
    except Exception:
        return {"type": "other", "repr": ""}
    return {"type": type(value).__name__ if type(value) in _PLAIN else "other", "repr": text}
