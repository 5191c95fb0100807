"""The candidate's end: answers the examiner's requests beside the student's code.

All of it runs in a process that the student's code may do with what it likes, so nothing here is
a defence. It serves honest code: requests run in the main thread between cells, SIGINT ends the
request that is running and no other, and a result the examiner would refuse is not sent.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping, MutableMapping
from types import FrameType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from grader.examine.boundary import ambient, arguments, beside
from grader.examine.boundary.callbacks import Proxy, proxy_class
from grader.examine.boundary.codec import Caps, TooLargeError, encode
from grader.examine.boundary.exceptions import describe, rebuild
from grader.examine.boundary.frames import Connection, Frame, Kind, PeerGoneError
from grader.examine.boundary.handles import Handles
from grader.examine.boundary.requests import (
    Answer,
    Call,
    Helper,
    Operation,
    Raised,
    Request,
    Value,
)

if TYPE_CHECKING:
    from ipykernel.kernelapp import IPKernelApp

Namespace = MutableMapping[str, Any]
_FROM_CALLBACK = "coursekit_callback"  # set on an exception that a callback raised: its number


def attach(app: IPKernelApp, connection: socket.socket) -> None:
    """Serve ``connection`` from the kernel's event loop, whenever no cell is running.

    To be called in the main thread, after ``app.initialize`` and before ``app.start``.
    """
    from tornado.ioloop import IOLoop

    shell: Any = app.shell
    server = Server(Connection(connection), lambda: shell.user_ns)
    loop = IOLoop.current()  # the one that app.start will run

    def readable(_: object, __: int) -> None:
        if not server.serve_waiting():
            loop.remove_handler(server.connection.fileno())

    loop.add_handler(server.connection, readable, IOLoop.READ)


class Server:
    """Answers requests about the objects in a namespace. ``namespace`` returns the present one."""

    def __init__(
        self,
        connection: Connection,
        namespace: Callable[[], Namespace],
        caps: Caps | None = None,
    ) -> None:
        self.connection = connection
        self._namespace = namespace
        self._caps = caps or Caps()
        self._handles = Handles()
        self._proxies: WeakValueDictionary[int, Proxy] = WeakValueDictionary()
        self._capture = ambient.Capture()
        self._process = os.getpid()
        self._turn = threading.RLock()  # of reading; never held while the student's code runs
        self._answers: dict[int, Frame] = {}  # read by another thread than the one they are for
        self._running = 0  # requests, one inside the other
        self._callbacks = 0
        self._open = False  # whether SIGINT may be raised where we are
        self._interrupted = False

    def serve(self) -> None:
        """Answer until the examiner closes the connection."""
        while self.serve_waiting(wait=True):
            pass

    def serve_waiting(self, wait: bool = False) -> bool:
        """Answer one request, if one is waiting; say whether the examiner is still there."""
        try:
            with self._turn:
                if not wait and not self.connection.has_more():
                    return True
                frame = self.connection.receive()
            if frame.kind is Kind.REQUEST:  # else the answer to a callback given up
                self._serve(frame)
        except PeerGoneError:
            return False
        return True

    def _serve(self, frame: Frame) -> None:
        handler = None
        if threading.current_thread() is threading.main_thread():
            handler = signal.signal(signal.SIGINT, self._interrupt)
        self._running += 1
        if self._running == 1:
            self._interrupted = False
            self._capture = ambient.Capture()
            self._answers.clear()
        was_open = self._open
        try:
            kind, body = self._outcome(frame)
        finally:
            self._open = was_open
            if handler is not None:
                signal.signal(signal.SIGINT, handler)
        if os.getpid() != self._process:
            os._exit(0)  # the student's code forked, and this is the copy
        with self._turn:
            self._running -= 1
            self.connection.send(kind, frame.number, body)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._interrupted = True
        if self._open:
            self._open = False  # once for each request
            raise KeyboardInterrupt

    def _outcome(self, frame: Frame) -> tuple[Kind, bytes]:
        try:
            try:
                self._open = True
                with self._capture:
                    value = self._perform(frame.body)
                return Kind.RESULT, self._encode((self._capture.taken(), value))
            finally:
                self._open = False
        except TooLargeError as error:
            return Kind.TOO_LARGE, self._encode((self._capture.taken(), (str(error),)))
        except BaseException as error:
            self._open = False
            return self._failure(error)

    def _failure(self, error: BaseException) -> tuple[Kind, bytes]:
        printed = self._capture.taken()
        if isinstance(error, KeyboardInterrupt) and self._interrupted:
            return Kind.INTERRUPTED, self._encode((printed, None))
        number = getattr(error, "__dict__", {}).get(_FROM_CALLBACK, 0)
        number = number if type(number) is int else 0
        return Kind.RAISED, self._encode((printed, (*describe(error), number)))

    def _encode(self, value: object) -> bytes:
        return encode(value, reference=self._handles.give, caps=self._caps)

    def _perform(self, body: bytes) -> object:
        request: Request = self._load(body)
        self._handles.release(request.released)
        ambient.restore(request.states)
        detail: Any = request.detail
        if request.operation is Operation.BIND:
            return self._bind(detail)
        if request.operation is Operation.BESIDE:
            return self._beside(detail)
        return _do(request.operation, self._handles.find(request.subject), detail)

    def _bind(self, names: tuple[str, ...]) -> Mapping[str, bytes]:
        namespace = self._namespace()
        values = {}
        for name in names:
            if name in namespace:
                try:
                    values[name] = self._encode(namespace[name])
                except TooLargeError as error:
                    raise TooLargeError(f"{name}: {error}") from None
        return values

    def _beside(self, helper: Helper) -> object:
        return beside.run(helper, dict(self._namespace()))

    def _proxy(self, number: int, abilities: tuple[str, ...]) -> Proxy:
        proxy = self._proxies.get(number)
        if proxy is None:
            proxy = self._proxies[number] = proxy_class(abilities)(self._ask, number)
        return proxy

    def _ask(self, number: int, operation: Operation, detail: object) -> Value:
        """Have the examiner use a callback. Raises what that raised."""
        was_open, self._open = self._open, False
        try:
            mine = self._send_use(number, operation, detail)
            answer = self._answer_to(mine)
        finally:
            self._open = was_open
        if isinstance(answer, Raised) and answer.stop:
            self._interrupted = True
        if self._interrupted and (was_open or isinstance(answer, Raised)):
            self._open = False
            raise KeyboardInterrupt
        if isinstance(answer, Value):
            return answer
        error = rebuild(answer.name, answer.message)
        setattr(error, _FROM_CALLBACK, mine)
        raise error

    def _send_use(self, number: int, operation: Operation, detail: object) -> int:
        if isinstance(detail, Call):
            detail = list(detail.arguments), dict(detail.keywords)
        with self._turn:
            if self._running == 0:
                raise RuntimeError("an object of the test's was used after the call had ended")
            self._callbacks += 1
            body = self._encode((self._capture.taken(), number, str(operation), detail))
            self.connection.send(Kind.CALLBACK, self._callbacks, body)
            return self._callbacks

    def _answer_to(self, mine: int) -> Answer:
        while True:
            with self._turn:
                frame = self._answers.pop(mine, None) or self.connection.receive()
            if frame.kind is Kind.REQUEST:  # the callback itself uses the student's code
                self._serve(frame)
            elif frame.number == mine:
                answer: Answer = self._load(frame.body)
                return answer
            else:
                self._answers[frame.number] = frame

    def _load(self, body: bytes) -> Any:
        return arguments.loads(body, self._namespace(), self._handles.find, self._proxy)


def _do(operation: Operation, subject: Any, detail: Any) -> object:
    match operation:
        case Operation.CALL:
            return subject(*detail.arguments, **detail.keywords)
        case Operation.ATTRIBUTE:
            return getattr(subject, detail)
        case Operation.ITEM:
            return subject[detail]
        case Operation.LENGTH:
            return len(subject)
        case Operation.ITERATE:
            return iter(subject)
        case _:
            try:
                return True, next(subject)
            except StopIteration:
                return False, None
