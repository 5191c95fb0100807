"""Work for the dispatcher's tests: functions that a fresh process can import."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from multiprocessing import Pipe
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from grader.dispatch.cores import own

if TYPE_CHECKING:
    from grader.examine.evidence import Examined

SLEEP = "import os, subprocess, sys, time\n" + (
    "for new in (False, True):\n"
    "    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', MARK],\n"
    "                     start_new_session=new)\n"
    "with open('almost', 'w') as f: f.write(os.environ['TMPDIR'])\n"
    "os.rename('almost', 'ready')\n"
    "time.sleep(600)\n"
)


def work(task: str) -> str:
    """Do as told."""
    if task == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif task == "exits":
        os._exit(3)
    elif task == "raises":
        raise ValueError("no such thing")
    elif task == "leaves":
        sys.exit(2)
    elif task == "hangs":
        time.sleep(600)
    elif task == "threads":
        return os.environ["OMP_NUM_THREADS"]
    elif task.startswith("cores"):
        time.sleep(0.5)  # so that each worker gets one of these
        return ",".join(map(str, sorted(own())))
    elif task.startswith("killed once "):
        marker = Path(task.removeprefix("killed once "))
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return f"did {task}"


class Lamp:
    """Equipment: a pipe that the worker writes to when it takes it, and nobody else."""

    def __init__(self) -> None:
        self._read, self._write = Pipe(duplex=False)

    def __call__(self) -> None:
        self._write.send(os.getpid())
        os.environ["LIT"] = str(os.getpid())

    def close(self) -> None:
        self._write.close()

    def seen(self) -> list[int]:
        """The processes that took it, once nobody has it any longer."""
        pids = []
        with contextlib.suppress(EOFError):
            while True:
                pids.append(self._read.recv())
        return pids


def lit(task: str) -> str:
    """The process that took equipment before it did any work."""
    return os.environ["LIT"]


def begun(task: str) -> str:
    """Say on disk that the task has begun."""
    Path(task).touch()
    return task


def unpicklable(task: str) -> object:
    """Return what cannot cross to another process."""
    return lambda: task


def long_notebook(task: tuple[str, str]) -> Examined:
    """Run a notebook that starts processes marked as ``task`` says and then sleeps."""
    folder, mark = task
    return _examine(folder, [f"MARK = {mark!r}\n{SLEEP}"])


def endless_notebook(folder: str) -> Examined:
    """Run a notebook whose first cell has to be interrupted."""
    return _examine(folder, ["while True: pass", "print('went on')"], cell_s=0.5)


def _examine(folder: str, sources: list[str], **limits: float) -> Examined:
    from nbformat.v4 import new_code_cell, new_notebook  # here: most work needs no notebook

    from grader.outline import Limits
    from sittings import examine_alone

    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    return examine_alone(notebook, limits=Limits(**limits), workdir=Path(folder))


def alive(process: psutil.Process) -> bool:
    """Whether ``process`` runs: a dead one that nobody has collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def marked(mark: str) -> list[psutil.Process]:
    """The processes whose command line has ``mark`` as one of its words."""
    return [p for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])]


def main() -> None:
    """Drive :func:`long_notebook`, as a process that a test can interrupt or kill."""
    from grader.dispatch import local

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it
    for _ in local.run([(sys.argv[1], sys.argv[2])], long_notebook, workers=1, deadline_s=600):
        pass


def driver(folder: Path, mark: str) -> subprocess.Popen[bytes]:
    """Start :func:`main` in a process of its own."""
    command = [sys.executable, __file__, str(folder), mark]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
