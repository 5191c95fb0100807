"""Execute notebooks as a student would, and insist on clean output and small needs.

``python tests/run_notebooks.py FOLDER...`` runs every notebook below the folders with papermill,
each in a fresh kernel, and prints its time, CPU time and memory. A run fails where a cell raises or
writes to standard error, and where the notebook's processes together hold more than 8 GB. In the
``cpu`` profile it also fails where a notebook takes more CPU seconds than two cores have in three
minutes, whatever else the machine does, and there is no network. ``--keep DIR`` keeps the executed
notebooks.

No network means a network namespace with the loopback device only. Where the host has none to give,
a guard in every Python process refuses connections to other machines; the first line of the output
says which it is. The ``gpu`` profile may fetch models.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil

from grader.sandbox import linux

MEMORY_GB = 8.0
CPU_S = 2 * 180.0
LOOK_S = 0.5
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
# As sitecustomize it is imported first in every Python process; such a hook cannot be taken away.
GUARD = """
import sys


def refuse(event, details):
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        return
    address = details[0] if event == "socket.getaddrinfo" else details[1]
    host = address[0] if isinstance(address, tuple) else address
    local = host is None or event != "socket.getaddrinfo" and not isinstance(address, tuple)
    name = host.decode() if isinstance(host, bytes) else host
    if not local and name not in ("", "localhost", "::1", "0.0.0.0") and name[:4] != "127.":
        raise OSError(f"notebooks run offline, and this one asked for {name}")


sys.addaudithook(refuse)
"""


@dataclass(frozen=True)
class Spent:
    """What a notebook took: seconds, CPU seconds, and the largest sum of its processes, in GB."""

    wall_s: float
    cpu_s: float
    peak_gb: float


def leave_network() -> None:
    """Enter a network namespace with the loopback device only. Raises ``OSError``.

    For a process of one thread, before it becomes another program.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        linux.unshare(linux.CLONE_NEWNET)
    else:
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNET)
        for name, text in {
            "setgroups": "deny",
            "uid_map": f"{uid} {uid} 1",
            "gid_map": f"{gid} {gid} 1",
        }.items():
            Path("/proc/self", name).write_text(text, encoding="ascii")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def has_own_network() -> bool:
    """Whether this host lets a process leave its network."""
    if sys.platform != "linux":
        return False
    try:
        subprocess.run([sys.executable, "-c", ""], preexec_fn=leave_network, check=True)
    except subprocess.SubprocessError:
        return False
    return True


def complaints(path: Path) -> list[str]:
    """What was raised in an executed notebook, or written to standard error, a line a cell."""
    found = []
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream" and output.name == "stderr":
                found.append(f"cell {cell.id} wrote to standard error: {output.text[:300]}")
            elif output.output_type == "error" and "raises-exception" not in cell.metadata.get(
                "tags", ()
            ):
                found.append(f"cell {cell.id} raised {output.ename}: {output.evalue}")
    return found


def run(
    path: Path, executed: Path, profile: str, leave: Callable[[], None] | None
) -> tuple[Spent, list[str]]:
    """Execute one notebook; return what it took and what is wrong with it.

    ``leave`` takes its process off the network; None where the host has no such thing.
    """
    tagged = any("parameters" in c.metadata.get("tags", ()) for c in nbformat.read(path, 4).cells)
    words = ["--kernel", "python3", "--no-progress-bar"]
    words += ["--parameters", "profile", profile] if tagged else []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as guard:
        env = os.environ | {"COURSEKIT_SCOREBOARD": str(Path(folder) / "scoreboard.json")}
        offline = profile == "cpu"
        if offline:
            env["HF_HUB_OFFLINE"] = "1"
        env.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a spinning thread starves the rest
        if offline and leave is None:
            Path(guard, "sitecustomize.py").write_text(GUARD, encoding="utf-8")
            env["PYTHONPATH"] = os.pathsep.join(filter(None, [guard, env.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "papermill", path.resolve(), executed.resolve(), *words]
        log = executed.with_suffix(".log")
        with log.open("wb") as out:
            begin = time.monotonic()
            process = subprocess.Popen(
                [*map(str, command), "--cwd", folder],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=leave if offline else None,
            )
            cpu_s, peak_gb = watch(process)
            spent = Spent(time.monotonic() - begin, cpu_s, peak_gb)
    wrong = complaints(executed) if executed.exists() else []
    if process.returncode and not wrong:
        wrong.append(f"papermill ended with {process.returncode}: {log.read_text()[-600:]}")
    log.unlink()
    return spent, wrong + over_limits(spent, profile)


def watch(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Wait for ``process``, ended where it holds too much memory; its CPU seconds and peak GB."""
    peak = 0.0
    root = psutil.Process(process.pid)
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return used.ru_utime + used.ru_stime, peak
        tree = [root]
        with contextlib.suppress(psutil.Error):
            tree += root.children(recursive=True)
        peak = max(peak, sum(map(held_gb, tree)))
        if peak > MEMORY_GB:
            for each in tree:
                with contextlib.suppress(psutil.Error):
                    each.kill()
        time.sleep(LOOK_S)


def held_gb(process: psutil.Process) -> float:
    """What one process holds, in GB, pages that it shares divided among the sharers."""
    try:
        held = process.memory_full_info()
    except psutil.Error:
        return 0.0
    return float(getattr(held, "pss", held.rss)) / 1e9


def over_limits(spent: Spent, profile: str) -> list[str]:
    """Which limits a notebook passed, a line each."""
    found = []
    if spent.peak_gb > MEMORY_GB:
        found.append(f"it held {spent.peak_gb:.1f} GB and was ended: {MEMORY_GB:.0f} are allowed")
    if profile == "cpu" and spent.cpu_s > CPU_S:
        found.append(
            f"it took {spent.cpu_s:.0f} CPU seconds: {CPU_S:.0f} are allowed, what two cores have "
            "in three minutes"
        )
    return found


def main() -> int:
    """Run what the command line names; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--profile", default="cpu", choices=["cpu", "gpu"])
    given = parser.parse_args()
    notebooks = sorted(path for folder in given.folder for path in folder.rglob("*.ipynb"))
    leave = leave_network if has_own_network() else None
    how = "a network namespace for each notebook" if leave else "a guard in Python"
    print(f"offline: {how}" if given.profile == "cpu" else "with network", flush=True)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        keep = given.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        for path in notebooks:
            spent, wrong = run(path, keep / path.name, given.profile, leave)
            print(
                f"{'FAIL' if wrong else 'ok  '} {path} {spent.wall_s:.0f} s, "
                f"{spent.cpu_s:.0f} CPU s, {spent.peak_gb:.1f} GB",
                flush=True,
            )
            for line in wrong:
                print(f"     {line}", flush=True)
            passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
