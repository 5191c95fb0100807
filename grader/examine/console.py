"""Requests to one kernel, and what comes back for each of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from grader.examine.channels import Message
from grader.examine.kernel import LOOK_S, Kernel, KernelLostError
from grader.results import Reason

IDLE_S = 10.0  # from the reply until the last output has to be here


@dataclass
class Request:
    """One request to run code. ``status`` is its reply's, empty until that is here.

    ``expressions`` are the reply's user expressions, as the kernel sent them.
    """

    note: Callable[[Message], bool] | None
    status: str = ""
    error_name: str = ""
    error_value: str = ""
    expressions: Mapping[str, object] = field(default_factory=dict)
    idle: bool = False

    @property
    def done(self) -> bool:
        """Whether it was answered and all its output is here."""
        return bool(self.status) and self.idle


class Console:
    """Sends code to ``kernel`` and sorts its messages by the request they belong to."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._open: dict[str, Request] = {}

    def ask(
        self,
        source: str,
        *,
        note: Callable[[Message], bool] | None = None,
        expressions: Mapping[str, str] | None = None,
    ) -> Request:
        """Ask for ``source`` to be run.

        ``note`` gets each message of its output and says whether it tells that the kernel is
        idle; without it the request is silent. ``expressions`` are evaluated after the code.
        """
        request = Request(note)
        name = self.kernel.execute(source, silent=note is None, expressions=expressions)
        self._open[name] = request
        return request

    async def follow(self, request: Request, until: float) -> bool:
        """Take messages until ``request`` is done, or until ``until`` (monotonic seconds).

        Returns whether it is done. Once it is answered, the last output has ``IDLE_S`` seconds to
        arrive. Raises ``KernelLostError`` and ``OutputLimitError``.
        """
        answered = False
        while not request.done:
            for channel, message in await self.kernel.channels.take():
                self._sort(channel, message)
            if request.done:
                break
            if request.status and not answered:
                answered = True
                until = time.monotonic() + IDLE_S
            now = time.monotonic()
            if now >= until:
                if answered:
                    raise KernelLostError(Reason.CANDIDATE_LOST)
                return False
            if not await self.kernel.channels.wait(min(until, now + LOOK_S)):
                self.kernel.check()
        return True

    def _sort(self, channel: str, message: Message) -> None:
        name = message["parent_header"].get("msg_id")
        request = self._open.get(name) if isinstance(name, str) else None
        if request is None:
            return
        if channel == "shell" and not request.status:
            content = message["content"]
            request.status = str(content.get("status") or "none")
            request.error_name = str(content.get("ename", ""))
            request.error_value = str(content.get("evalue", ""))
            found = content.get("user_expressions")
            request.expressions = found if isinstance(found, dict) else {}
        elif channel == "iopub":
            if request.note is not None:
                request.idle = request.note(message) or request.idle
            elif message["msg_type"] == "status":
                request.idle |= message["content"].get("execution_state") == "idle"
        if request.done:
            del self._open[name]
