"""The examiner's part of the protocol: one request at a time, callbacks inside it.

Everything that comes back is held against what an honest candidate would send, within the cell's
time and bytes. What does not fit ends in a :class:`BoundaryError`. If it leaves the two sides out
of step, the dialogue is *lost* for good and every later request is refused.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader.examine.boundary import ambient, arguments
from grader.examine.boundary.callbacks import DEEPEST, MOST, Callbacks, NoCallbackError
from grader.examine.boundary.codec import Caps, CellBytes, RefusedReply, decode
from grader.examine.boundary.exceptions import describe_callback, plain_text, rebuild
from grader.examine.boundary.failures import (
    GRACE_S,
    BoundaryError,
    CandidateLostError,
    CandidateTimeoutError,
    CapExceededError,
    ReplyRefusedError,
)
from grader.examine.boundary.files import TooManyFilesError, keep_plain_files
from grader.examine.boundary.forms import fields, use_of
from grader.examine.boundary.frames import (
    BadFrameError,
    Connection,
    Frame,
    Kind,
    LateError,
    PeerGoneError,
)
from grader.examine.boundary.requests import Answer, Operation, Raised, Request

_REPLIES = (Kind.RESULT, Kind.RAISED, Kind.INTERRUPTED, Kind.TOO_LARGE)
_MOST_RAISED = 1_000  # exceptions of callbacks that are kept, with their frames
_LOOP_ENDS = (StopIteration, StopAsyncIteration)


class Dialogue:
    """Asks the candidate. ``reference`` makes an object of a handle.

    ``exchange`` is the folder of files for both sides, if there is one.
    """

    def __init__(
        self,
        connection: Connection,
        names: arguments.Names,
        reference: Callable[[int], object],
        *,
        caps: Caps,
        exchange: Path | None,
    ) -> None:
        self.callbacks = Callbacks()
        self.released: deque[tuple[int, int]] = deque()
        self.lost = False
        self._connection = connection
        self._names = names
        self._reference = reference
        self._caps = caps
        self._exchange = exchange
        self._states = ambient.States()
        self._turn = threading.RLock()
        self._number = 0
        self._waiting = 0  # requests without a reply yet, one inside the other
        self.begin(0.0)

    def begin(self, seconds: float) -> None:
        """A cell begins, which has so much time."""
        self.lost = not self.idle  # an earlier cell was left in the middle of a request
        self._until = time.monotonic() + seconds
        self._bytes = CellBytes(self._caps)
        self._printer = ambient.Printer()
        self._uses = 0
        self._failure: BoundaryError | None = None  # inside a callback
        self._raised: dict[int, Exception] = {}  # by callbacks, by their frames' numbers
        self.callbacks.clear()
        self._states.resume()

    def end(self) -> None:
        """A cell has ended; given cells may run before the next begins."""
        self._states.pause()

    @property
    def idle(self) -> bool:
        """Whether the candidate has answered everything and can be asked again."""
        return not self.lost and self._waiting == 0

    def ask(self, operation: Operation, subject: int = 0, detail: object = None) -> Any:
        """One request and its result. Raises what the student's code raised, or what fails us."""
        if not self._turn.acquire(timeout=max(0.0, self._until - time.monotonic())):
            raise CandidateTimeoutError("The cell's time is up.")
        try:
            if self.lost:
                raise CandidateLostError("The process with the student's code is gone.")
            self.check_time()
            frame = self._exchanged(self._request(operation, subject, detail))
            self.check_time()
            if self._failure is not None:
                raise self._failure
            return self._read(frame)
        finally:
            self._turn.release()

    def decoded(self, data: bytes) -> object:
        """A value that the candidate encoded. Raises :class:`ReplyRefusedError`."""
        try:
            return decode(data, reference=self._reference, caps=self._caps)
        except RefusedReply as refusal:
            raise ReplyRefusedError(f"The reply is no plain data: {refusal}.") from None

    def check_time(self) -> None:
        """Raise :class:`CandidateTimeoutError` where the cell's time is up."""
        if time.monotonic() >= self._until:
            raise CandidateTimeoutError("The cell's time is up.")

    def _request(self, operation: Operation, subject: int, detail: object) -> bytes:
        released = tuple(self.released)
        body = self._dumped(Request(operation, subject, detail, self._states.changed(), released))
        for _ in released:
            self.released.popleft()
        return body

    def _dumped(self, value: object) -> bytes:
        return arguments.dumps(value, self._names, self.callbacks.register)

    def _exchanged(self, body: bytes) -> Frame:
        """Send a request and wait for its reply, answering callbacks in between."""
        self._number += 1
        number = self._number
        self._waiting += 1
        self._send(Kind.REQUEST, number, body)
        stop: BaseException | None = None
        while (frame := self._receive()).kind is Kind.CALLBACK:
            stop = self._answer(frame) or stop
        if frame.kind not in _REPLIES or frame.number != number:
            self.lost = True
            raise ReplyRefusedError("The reply belongs to no request.")
        self._waiting -= 1
        self._tidy()
        if stop is not None:
            raise stop
        return frame

    def _send(self, kind: Kind, number: int, body: bytes) -> None:
        with self._in_step():
            self._connection.send(kind, number, body, self._until + GRACE_S)

    def _receive(self) -> Frame:
        with self._in_step():
            frame = self._connection.receive(self._until + GRACE_S, self._caps.reply_bytes)
        try:
            self._bytes.spend(len(frame.body))
        except RefusedReply as refusal:
            if frame.kind is Kind.CALLBACK:
                self.lost = True  # there may be no end of them
            else:
                self._waiting -= 1
            raise CapExceededError(f"Too much data: {refusal}.") from None
        return frame

    @contextmanager
    def _in_step(self) -> Iterator[None]:
        """Whatever is raised inside leaves the two sides out of step."""
        try:
            yield
        except LateError:
            self.lost = True
            raise CandidateTimeoutError("The cell's time is up, and no answer came.") from None
        except PeerGoneError:
            self.lost = True
            raise CandidateLostError("The process with the student's code has ended.") from None
        except BadFrameError as error:
            self.lost = True
            raise ReplyRefusedError(f"The reply is no frame of ours: {error}.") from None
        except BaseException:
            self.lost = True
            raise

    def _tidy(self) -> None:
        if self._exchange is None:
            return
        try:
            keep_plain_files(self._exchange)
        except TooManyFilesError:
            raise CapExceededError("There are too many files in the exchange folder.") from None

    def _answer(self, frame: Frame) -> BaseException | None:
        """Use a callback and send what came of it; return what must end the whole call."""
        number, operation, detail = self._use(frame)
        self._uses += 1
        stop: BaseException | None = None
        answer: Answer
        if self._uses > MOST:
            stop, body = CapExceededError(f"More than {MOST} calls back to the test."), b""
        elif self._waiting > DEEPEST:
            body = self._dumped(Raised("RecursionError"))
        else:
            try:
                body = self._dumped(self.callbacks.use(number, operation, detail))
            except NoCallbackError as error:
                body = self._dumped(Raised("RuntimeError", str(error)))
            except Exception as error:
                if isinstance(error, BoundaryError):
                    self._failure = error  # also where the student's code goes on
                self._raised[frame.number] = error
                if len(self._raised) > _MOST_RAISED:
                    del self._raised[next(iter(self._raised))]
                body = self._dumped(Raised(*describe_callback(error)))
            except BaseException as error:
                stop = error
        if stop is not None:
            answer = Raised(stop=True)
            body = self._dumped(answer)
        self._send(Kind.ANSWER, frame.number, body)
        return stop

    def _use(self, frame: Frame) -> tuple[int, Operation, Any]:
        """Which callback is to be used how, if the candidate says so in the form it must have."""
        try:
            content = self.decoded(frame.body)
            printed, number, name, detail = fields(content, tuple, int, str, object)
            self._show(printed)
            operation = Operation(name)
            return number, operation, use_of(operation, detail)
        except (BoundaryError, ValueError):
            self.lost = True
            raise ReplyRefusedError("The call back to the test is malformed.") from None

    def _read(self, frame: Frame) -> object:
        """The result in a reply. Raises what it says was raised."""
        try:
            printed, value = fields(self.decoded(frame.body), tuple, object)
            self._show(printed)
            match frame.kind:
                case Kind.RESULT:
                    return value
                case Kind.RAISED:
                    name, message, number = fields(value, str, str, int)
                case Kind.TOO_LARGE:
                    (message,) = fields(value, str)
        except ValueError:
            raise ReplyRefusedError("The reply is malformed.") from None
        match frame.kind:
            case Kind.RAISED:
                raise self._original(number) or rebuild(name, message)
            case Kind.TOO_LARGE:
                raise CapExceededError(f"The result is too large: {plain_text(message)}.")
            case _:
                raise CandidateTimeoutError("The student's code was interrupted: time is up.")

    def _show(self, printed: object) -> None:
        if not ambient.is_printed(printed):
            raise ValueError
        self._printer.show(printed)

    def _original(self, number: int) -> Exception | None:
        """The exception of a callback that the student's code let through."""
        error = self._raised.get(number)
        if isinstance(error, _LOOP_ENDS):  # it would end a loop of the test's as if all were well
            told = RuntimeError(f"a callback raised {type(error).__name__}")
            told.__cause__ = error
            return told
        return error
