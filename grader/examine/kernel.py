"""One kernel process for one notebook: forked from a zygote, ended with everything it started."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.examine.channels import Channels, OutputLimitError, limited_context
from grader.examine.seat import Seat, request
from grader.kernels.client import KernelStartError, Zygote, ZygoteLostError
from grader.kernels.line import ENDED_S, Line
from grader.kernels.provisioner import NAME, ZygoteProvisioner
from grader.outline import Limits
from grader.results import Reason, Usage
from grader.sandbox.confine import Mechanism
from grader.sandbox.processes import kill_seen
from grader.sandbox.watchdog import Watchdog, is_full
from grader.scratch import Scratch

LOOK_S = 0.1  # how often we look whether the kernel lives
ASK_AGAIN_S = 0.5  # until a kernel that has not answered is greeted again
LEAVE_S = 1.0  # between a lost connection and the end of a process that is going


class KernelLostError(Exception):
    """The kernel is gone, or has to go; ``reason`` is what it cost the cell that was running."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class _FromZygote(KernelSpecManager):
    """Knows one kernel, whatever is installed in anyone's Jupyter folders."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            language="python",
            display_name="Python 3",
            metadata={"kernel_provisioner": {"provisioner_name": NAME, "config": {}}},
        )


class _Unconnected(AsyncKernelManager):
    """Leaves it to its client to talk to the kernel.

    A connection that nobody uses costs two threads, and one that arrives at a kernel whose
    descriptors are used up makes libzmq abort it (ipc_listener.cpp): its student's cell would be
    said to have ended the process.
    """

    def _connect_control_socket(self) -> None:
        pass


class Kernel:
    """A kernel of ``zygote``'s that takes ``seat``, within ``limits``.

    ``boundary`` is the kernel's end of a socket to the other kernel; it is handed on and closed.
    Without ``watched`` memory, processes and disk are measured but not
    limited. ``struck`` becomes true when somebody outside killed it.
    """

    def __init__(
        self,
        zygote: Zygote,
        seat: Seat,
        *,
        limits: Limits,
        boundary: socket.socket | None = None,
        watched: bool = True,
    ) -> None:
        self.usage = Usage()
        self.struck = False
        self._zygote = zygote
        self._limits = limits if watched else None
        self._cap = int(limits.output_kb * 1024)
        self._boundary = boundary
        self._scratch = Scratch(short=True)
        self._request = request(zygote, seat, self._scratch.path)
        self._folders = [seat.workdir, Path(self._request.env["TMPDIR"])]
        self._bounded: Path | None = None
        self._sockets = self._scratch.path if seat.confinement else None
        self._alone = False
        if seat.confinement:
            self._alone = Mechanism.NAMESPACES in seat.confinement.mechanisms
            self._folders = [seat.confinement.folder]
            self._bounded = zygote.bounded(seat.confinement.folder)
        self._context = limited_context(self._cap)
        self.manager = _Unconnected(
            kernel_name="python3",
            kernel_spec_manager=_FromZygote(),
            transport="ipc",
            connection_file=os.fspath(self._scratch.path / "kernel.json"),  # goes with the rest
            ip=os.fspath(self._scratch.path / "k"),
        )
        self._client: AsyncKernelClient | None = None
        self._channels: Channels | None = None
        self._over = False
        self._line: Line | None = None
        self._watchdog: Watchdog | None = None
        self._begin = time.monotonic()

    async def start(self, timeout_s: float) -> dict[str, Any]:
        """Start it and wait until it answers and its output arrives; return its kernel info.

        Raises :class:`KernelStartError` after ``timeout_s`` seconds or where it ends before.
        """
        until = time.monotonic() + timeout_s
        await self.manager.start_kernel(
            zygote=self._zygote, request=self._request, boundary=self._boundary, env={}
        )
        if self._boundary:
            self._boundary.close()  # or the other kernel would not hear of this one's end
        provisioner = self.manager.provisioner
        assert isinstance(provisioner, ZygoteProvisioner) and provisioner.line is not None
        self._line = line = provisioner.line
        problem = "it ended"
        try:
            if await line.until_ready(until):
                self._client = self.manager.client(context=self._context)
                self._client.start_channels(stdin=False, hb=False, control=False)
                self._channels = Channels(self._client, self._cap, line.fileno())
                info = await self._greet(until)
                self._watch()
                return info
        except (KernelLostError, OutputLimitError, TimeoutError) as error:
            problem = str(error) or "no answer"
        if line.zygote_lost:
            raise ZygoteLostError
        raise KernelStartError(
            f"The kernel did not start ({problem}). {line.failed}".strip(),
            "Run `grader doctor`; a memory limit below 200 MB leaves no room for a kernel.",
        )

    def _watch(self) -> None:
        """Begin to measure; raise :class:`KernelLostError` where it uses too much as it is."""
        assert self._line is not None
        self._watchdog = Watchdog(
            self._line.keeper,
            self._folders,
            self._limits,
            self.kill,
            bounded=self._bounded,
            sockets=self._sockets,
        )
        self._watchdog.sample()
        self.check()
        self._watchdog.start()

    @property
    def channels(self) -> Channels:
        """Its messages, once it was started."""
        assert self._channels is not None
        return self._channels

    def execute(
        self,
        source: str,
        *,
        silent: bool = False,
        expressions: Mapping[str, str] | None = None,
    ) -> str:
        """Ask for ``source`` to be run and then ``expressions``; return the request's id."""
        assert self._client is not None
        self.channels.allow(source)
        request: str = self._client.execute(
            source,
            silent=silent,
            user_expressions=dict(expressions or {}),
            allow_stdin=False,
            stop_on_error=False,
        )
        return request

    async def _greet(self, until: float) -> dict[str, Any]:
        assert self._client is not None
        info: dict[str, Any] | None = None
        heard = False
        while time.monotonic() < until:
            self._client.kernel_info()
            again = min(until, time.monotonic() + ASK_AGAIN_S)
            while time.monotonic() < again:
                if not await self.channels.wait(min(again, time.monotonic() + LOOK_S)):
                    self.check()
                for channel, message in await self.channels.take():
                    heard = heard or channel == "iopub"
                    if message["msg_type"] == "kernel_info_reply":
                        info = message["content"]
                if info is not None and heard:
                    return info
        raise TimeoutError

    def check(self) -> None:
        """Raise :class:`KernelLostError` where the kernel is gone or must go.

        Raises :class:`ZygoteLostError` where it went with its zygote, which is our failure.
        """
        self._check_process()
        if self._channels and self._channels.broken:
            self.check_leaving()
            # It lives: it sent a message that was refused, or another program took its place.
            raise KernelLostError(Reason.OUTPUT if self._listens() else Reason.CANDIDATE_LOST)

    def check_leaving(self) -> None:
        """As :meth:`check`, of a kernel that may be about to end: it has ``LEAVE_S`` to do so."""
        until = time.monotonic() + LEAVE_S
        while time.monotonic() < until:
            self._check_process()
            time.sleep(0.01)

    def _check_process(self) -> None:
        ended = self._ended()  # asked first: a breach is noted before it ends the process
        if self._watchdog and self._watchdog.breach:
            raise KernelLostError(self._watchdog.breach)
        if ended:
            self.struck = self._alone and self._was_killed()
            raise KernelLostError(Reason.CANDIDATE_LOST)

    def _was_killed(self) -> bool:
        """Whether a SIGKILL ended it or its keeper.

        The first process of a namespace is out of reach of one from inside, and so is the keeper
        (pid_namespaces(7)).
        """
        assert self._line is not None
        report = self._line.ended
        return report is None or report.ended == -signal.SIGKILL

    def _listens(self) -> bool:
        """Whether the process still has the sockets of a kernel."""
        with socket.socket(socket.AF_UNIX) as caller:
            try:
                caller.connect(f"{self.manager.ip}-{self.manager.shell_port}")
            except OSError:
                return False
        return True

    def _ended(self) -> bool:
        if self._line is None or not self._line.over:
            return self._line is None
        if self._line.zygote_lost:
            raise ZygoteLostError
        return True

    def disk_full(self) -> bool:
        """Whether the kernel has filled its disk: then an error of its cell is due to that."""
        return is_full(self._bounded)

    async def interrupt(self) -> None:
        """Send what Ctrl-C sends."""
        if self._line:
            self._line.interrupt()

    def dismiss(self) -> None:
        """Have it ended; does not wait until it has."""
        if self._line:
            self._line.kill()

    def kill(self) -> None:
        """End the process and everything it started."""
        if self._line is None:
            return
        self._line.kill()
        self._line.wait(ENDED_S)
        if self._watchdog and self._line.ended is None:  # somebody ended its keeper
            kill_seen(self._watchdog.seen)

    def end(self) -> None:
        """End it, note what it used, and leave no process, socket or file. Safe to repeat."""
        if self._over:
            return
        self._over = True
        if self._watchdog:
            self._watchdog.stop()
        self.kill()
        ended = self._line.ended if self._line else None
        sampled = self._watchdog.cpu_s if self._watchdog else 0.0
        self.usage = Usage(
            wall_s=time.monotonic() - self._begin,
            cpu_s=max(sampled, ended.cpu_s if ended else 0.0),
            peak_rss_mb=self._watchdog.peak_rss_mb if self._watchdog else 0.0,
        )
        if self._channels:
            self._channels.close()
        if self._client:
            self._client.stop_channels()
        self._context.destroy(linger=0)
        run_sync(self.manager.cleanup_resources)()
        self._scratch.remove()
