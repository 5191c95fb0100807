"""One kernel process for one notebook: started clean, ended with everything it started."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from grader.course import Limits
from grader.errors import GraderError
from grader.examine.channels import Channels, OutputLimitError, limited_context
from grader.results import Reason, Usage
from grader.sandbox.watchdog import Watchdog, kill_tree
from grader.scratch import Scratch

LAUNCHER = Path(__file__).with_name("launch.py")
LOOK_S = 0.1  # how often we look whether the kernel lives
LEAVE_S = 1.0  # between a lost connection and the end of a process that is going
PASSED_ON = ("COURSEKIT_", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE",
             "TOKENIZERS_PARALLELISM", "OMP_NUM_THREADS", "PYTHONHASHSEED")  # fmt: skip


class KernelStartError(GraderError):
    """The kernel did not start; that is ours, not the student's."""


class KernelLostError(Exception):
    """The kernel is gone, or has to go; ``reason`` is what it cost the cell that was running."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class _ThisInterpreter(KernelSpecManager):
    """Knows one kernel, this Python, whatever is installed in anyone's Jupyter folders."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, os.fspath(LAUNCHER), "-f", "{connection_file}"],
            language="python",
            display_name="Python 3",
        )


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """What of ``environment`` a kernel may see besides the few variables it always gets."""
    return {name: value for name, value in environment.items() if name.startswith(PASSED_ON)}


class Kernel:
    """A kernel in the folder ``workdir``, within ``limits``.

    ``env`` is added to a minimal environment; nothing else of ours reaches the kernel. Without
    ``watched`` memory, processes and disk are measured but not limited.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        workdir: Path,
        env: Mapping[str, str],
        watched: bool = True,
    ) -> None:
        self.usage = Usage()
        self._limits = limits if watched else None
        self._cap = int(limits.output_kb * 1024)
        self._workdir = workdir
        self._scratch = Scratch(short=True)
        self._private = self._scratch.path
        (self._private / "tmp").mkdir(mode=0o700)
        self._env = _environment(workdir, self._private, env)
        self._context = limited_context(self._cap)
        self.manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=_ThisInterpreter(),
            transport="ipc",
            connection_file=os.fspath(self._private / "kernel.json"),
            ip=os.fspath(self._private / "k"),
        )
        self._client: AsyncKernelClient | None = None
        self._channels: Channels | None = None
        self._over = False
        self._keeper: psutil.Process | None = None
        self._watchdog: Watchdog | None = None
        self._begin = time.monotonic()
        self._reaped = _cpu_of_children()

    async def start(self, timeout_s: float) -> dict[str, Any]:
        """Start it and wait until it answers and its output arrives; return its kernel info.

        Raises :class:`KernelStartError` after ``timeout_s`` seconds or where it ends before.
        """
        log = self._private / "stderr"
        with log.open("wb") as stderr:
            await self.manager.start_kernel(
                extra_arguments=["--HistoryManager.hist_file=:memory:"],
                cwd=os.fspath(self._workdir),
                env=self._env,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self._keeper = psutil.Process(self.manager.provisioner.pid)  # type: ignore[union-attr]
        folders = (self._workdir, self._private / "tmp")
        self._watchdog = Watchdog(self._keeper, folders, self._limits, self.kill)
        self._watchdog.start()
        self._client = self.manager.client(context=self._context)
        self._client.start_channels(stdin=False, hb=False, control=False)
        self._channels = Channels(self._client, self._cap)
        try:
            return await self._greet(time.monotonic() + timeout_s)
        except (KernelLostError, OutputLimitError, TimeoutError) as problem:
            tail = ""
            with contextlib.suppress(OSError):  # gone with a kernel that was killed
                tail = log.read_text(encoding="utf-8", errors="replace")[-500:].strip()
            raise KernelStartError(
                f"The kernel did not start ({problem}). {tail}",
                "Run `grader doctor`; a memory limit below 200 MB leaves no room for a kernel.",
            ) from None

    @property
    def channels(self) -> Channels:
        """Its messages, once it was started."""
        assert self._channels is not None
        return self._channels

    def execute(self, source: str) -> str:
        """Ask for ``source`` to be run; return the request's id."""
        assert self._client is not None
        request: str = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        return request

    async def _greet(self, until: float) -> dict[str, Any]:
        assert self._client is not None
        info: dict[str, Any] | None = None
        heard = False
        while time.monotonic() < until:
            self._client.kernel_info()
            again = min(until, time.monotonic() + 1.0)
            while time.monotonic() < again:
                await self.channels.wait(min(again, time.monotonic() + LOOK_S))
                for channel, message in await self.channels.take():
                    heard = heard or channel == "iopub"
                    if message["msg_type"] == "kernel_info_reply":
                        info = message["content"]
                if info is not None and heard:
                    return info
                self.check()
        raise TimeoutError("no answer")

    def check(self) -> None:
        """Raise :class:`KernelLostError` where the kernel is gone or must go."""
        if self._watchdog and self._watchdog.breach:
            raise KernelLostError(self._watchdog.breach)
        if self._ended():
            raise KernelLostError(Reason.CANDIDATE_LOST)
        if self._channels and self._channels.broken:
            until = time.monotonic() + LEAVE_S
            while time.monotonic() < until:
                if self._ended():
                    raise KernelLostError(Reason.CANDIDATE_LOST)
                time.sleep(0.01)
            raise KernelLostError(Reason.OUTPUT)  # it lives, so it sent a message that was refused

    def _ended(self) -> bool:
        process = self.manager.provisioner.process  # type: ignore[union-attr]
        return process is None or process.poll() is not None

    async def interrupt(self) -> None:
        """Send what Ctrl-C sends."""
        with contextlib.suppress(OSError, RuntimeError):
            await self.manager.interrupt_kernel()

    def kill(self) -> None:
        """End the process and everything it started."""
        if self._keeper:
            kill_tree(self._keeper, self._watchdog.seen if self._watchdog else ())

    def end(self) -> None:
        """End it, note what it used, and leave no process, socket or file. Safe to repeat."""
        if self._over:
            return
        self._over = True
        if self._watchdog:
            self._watchdog.stop()
        if self._keeper:
            self.kill()
            self._ended()  # collects its exit status
        sampled = self._watchdog.cpu_s if self._watchdog else 0.0
        self.usage = Usage(
            wall_s=time.monotonic() - self._begin,
            cpu_s=max(sampled, _cpu_of_children() - self._reaped),
            peak_rss_mb=self._watchdog.peak_rss_mb if self._watchdog else 0.0,
        )
        if self._channels:
            self._channels.close()
        if self._client:
            self._client.stop_channels()
        self._context.destroy(linger=0)
        run_sync(self.manager.cleanup_resources)()
        self._scratch.remove()


def _environment(workdir: Path, private: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a kernel: what any program needs, then ``env``."""
    binaries = os.fspath(Path(sys.executable).parent)
    return {
        "PATH": os.pathsep.join([binaries, "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": os.fspath(workdir),
        "TMPDIR": os.fspath(private / "tmp"),
        "IPYTHONDIR": os.fspath(private / "ipython"),
        "MPLCONFIGDIR": os.fspath(private / "tmp"),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        **env,
    }


def _cpu_of_children() -> float:
    """Seconds of CPU time of all processes that this one started and that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
