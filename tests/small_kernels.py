"""Kernels that are asked one thing at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from jupyter_core.utils import run_sync

from grader.examine.kernel import Kernel
from grader.examine.seat import Seat
from grader.kernels.client import Zygote
from grader.kernels.messages import Role
from grader.outline import Limits

START_S = 60.0
ANSWER_S = 30.0


class Asked:
    """A kernel that runs a text and says what it printed."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    def __call__(self, source: str) -> str:
        """What ``source`` prints; its error's name where it raises."""
        printed: str = run_sync(self._ask)(source)
        return printed

    async def _ask(self, source: str) -> str:
        request = self.kernel.execute(source)
        text, until = "", time.monotonic() + ANSWER_S
        while time.monotonic() < until:
            for channel, message in await self.kernel.channels.take():
                if channel == "shell" or message["parent_header"].get("msg_id") != request:
                    continue
                content = message["content"]
                text += content.get("text", "") + content.get("ename", "")
                if content.get("execution_state") == "idle":
                    return text.strip()
            if not await self.kernel.channels.wait(min(until, time.monotonic() + 0.1)):
                self.kernel.check()
        raise TimeoutError(source)


Start = Callable[..., Asked]


@contextmanager
def kernels(folder: Path) -> Iterator[Start]:
    """Starts kernels and ends them all."""
    with ExitStack() as stack:

        def start(zygote: Zygote, role: Role = Role.ALONE, **keywords: Any) -> Asked:
            limits = keywords.pop("limits", Limits())
            seat = Seat(role, folder, {"GIVEN": "yes", **keywords.pop("env", {})})
            kernel = Kernel(zygote, seat, limits=limits, **keywords)
            stack.callback(kernel.end)
            run_sync(kernel.start)(START_S)
            return Asked(kernel)

        yield start
