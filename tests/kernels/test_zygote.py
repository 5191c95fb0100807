"""The zygote: what it refuses, and that it goes with its worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from grader.kernels.client import KernelStartError, Zygote
from small_work import alive, marked

PATIENCE_S = 30.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import threading\nthreading.Thread(target=threading.Event().wait).start()", "threads"),
        ("raise SystemExit", "cannot be imported: SystemExit"),
        ("import no_such_module", "No module named 'no_such_module'"),
    ],
    ids=["threads", "leaves", "missing"],
)
def test_a_preload_that_cannot_be_is_named_with_a_remedy(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "odd_preload.py").write_text(text)
    zygote = Zygote(preloads=["json", "odd_preload"], env={"PYTHONPATH": os.fspath(tmp_path)})
    with pytest.raises(KernelStartError, match=message) as refused:
        zygote.start()
    assert "'odd_preload'" in str(refused.value) and "preloads" in refused.value.remedy
    assert zygote.pid is None


def test_a_zygote_has_one_thread_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_SECRET", "ours")
    zygote = Zygote(preloads=["torch"], threads=2)
    try:
        zygote.start()
        assert psutil.Process(zygote.pid).num_threads() == 1
        assert b"ours" not in Path(f"/proc/{zygote.pid}/environ").read_bytes()
        kinds = {str(entry.readlink()) for entry in Path(f"/proc/{zygote.pid}/fd").iterdir()}
        assert sum(kind.startswith("socket:") for kind in kinds) == 1
    finally:
        zygote.close()


def test_closing_ends_the_process_and_its_folder() -> None:
    zygote = Zygote()
    zygote.start()
    process = psutil.Process(zygote.pid)
    home = Path(process.cwd())
    zygote.close()
    zygote.close()
    assert not alive(process) and not home.exists()


WORKER = """
import os, sys, time
from pathlib import Path
from jupyter_core.utils import run_sync
from grader.outline import Limits
from grader.examine.kernel import Kernel
from grader.examine.seat import Seat
from grader.kernels.client import Zygote
from grader.kernels.messages import Role

zygote = Zygote()
kernel = Kernel(zygote, Seat(Role.ALONE, Path(sys.argv[1]), {}), limits=Limits())
run_sync(kernel.start)(60)
kernel.execute(
    "import subprocess, sys, time\\n"
    f"command = [sys.executable, '-c', 'import time; time.sleep(600)', {sys.argv[2]!r}]\\n"
    "subprocess.Popen(command, start_new_session=True)\\n"
    "open('ready', 'w').close(); time.sleep(600)"
)
while not Path(sys.argv[1], "ready").exists():
    time.sleep(0.02)
print(zygote.pid, os.path.dirname(kernel._request.env["TMPDIR"]), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_a_killed_worker_leaves_nothing(tmp_path: Path, stopped: bool) -> None:
    mark = f"zygote-{uuid4()}"
    command = [sys.executable, "-c", WORKER, os.fspath(tmp_path), mark]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    with worker, worker.stdout:
        pid, private = worker.stdout.readline().split()
        zygote = psutil.Process(int(pid))
        home = Path(zygote.cwd())
        below = [zygote, *zygote.children(recursive=True)]
        if stopped:
            worker.send_signal(signal.SIGSTOP)
        worker.kill()
        until = time.monotonic() + PATIENCE_S
        while any(map(alive, below)) or Path(private).exists() or home.exists():
            assert time.monotonic() < until, "something is left"
            time.sleep(0.02)
        assert len(below) >= 4 and [p for p in marked(mark) if p.pid != worker.pid] == []
