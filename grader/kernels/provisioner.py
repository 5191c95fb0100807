"""The kernel provisioner `grader-zygote`: Jupyter's way to kernels that a zygote forks.

It is chosen by a kernel spec's metadata. The zygote and the request are given to ``start_kernel``
as ``zygote`` and ``request``; the provisioner adds how the kernel is to be reached.
"""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from grader.kernels.line import ENDED_S, Line
from grader.kernels.messages import StartKernel

NAME = "grader-zygote"
POLL_S = 0.05


class ZygoteProvisioner(KernelProvisionerBase):
    """One kernel of a zygote's."""

    line: Line | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel to be looked after."""
        return self.line is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Decide on the kernel's sockets; no command and no file is needed."""
        manager = self.parent
        assert manager is not None
        for number, channel in enumerate(("shell", "iopub", "stdin", "hb", "control"), 1):
            setattr(manager, f"{channel}_port", number)
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Have the kernel forked."""
        connection: dict[str, Any] = {**self.connection_info}
        connection["key"] = connection["key"].decode()
        request: StartKernel = dataclasses.replace(kwargs["request"], connection=connection)
        self.line = kwargs["zygote"].kernel(request, kwargs.get("boundary"))
        return self.connection_info

    async def poll(self) -> int | None:
        """None while the kernel runs, else its exit status."""
        if self.line is None or not self.line.over:
            return None if self.line else 0
        ended = self.line.ended
        return -signal.SIGKILL if ended is None or ended.ended is None else ended.ended

    async def wait(self) -> int | None:
        """Wait for the kernel's end."""
        while (status := await self.poll()) is None:
            await asyncio.sleep(POLL_S)
        return status

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel, or end it: those are the signals there are."""
        if self.line is None:
            return
        if signum == signal.SIGINT:
            self.line.interrupt()
        elif signum in (signal.SIGTERM, signal.SIGKILL):
            self.line.kill()

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and all that it started."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel and all that it started."""
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Close the line; what is still there ends."""
        if self.line is not None:
            self.line.kill()
            self.line.wait(ENDED_S)
            self.line.close()
