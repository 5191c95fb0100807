"""Run a Python program in a process shut in as a candidate's kernel is.

Reads JSON from standard input: ``mechanisms``, ``code``, ``inline`` (in the forked process itself),
``read_only``, ``disk_mb`` and ``keep``, a folder to make the submission's folder in. Run it in a
process of its own, through ``hosts.py``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from grader.sandbox import linux, mounts
from grader.sandbox.confine import Confinement, Mechanism, leave_host, shut_in, user_for


def main() -> None:
    """Confine, then become the program; its folders are $P and $S."""
    asked = json.load(sys.stdin)
    mechanisms = frozenset(map(Mechanism, asked["mechanisms"]))
    base = Path(asked["keep"])
    folder, sockets = base / "P", base / "S"
    for path in (folder, sockets):
        path.mkdir()
    uid = user_for(mechanisms)
    if os.geteuid() == 0:
        os.chown(sockets, uid, uid)
    confinement = Confinement(
        mechanisms=mechanisms,
        folder=folder,
        sockets=sockets,
        read_only=tuple(map(Path, asked["read_only"])),
        uid=uid,
        processes=64,
        memory_mb=4096,
        disk_mb=asked["disk_mb"],
    )
    if Mechanism.NAMESPACES in mechanisms:
        mounts.enter_own_mounts()
        mounts.mount_folder(folder, asked["disk_mb"], uid)
    else:
        mounts.lay_out(folder, uid)
    leave_host(confinement)
    if child := os.fork():
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    shut_in(confinement)
    os.chdir(folder / mounts.WORK)
    if asked["inline"]:  # as a kernel, which is forked and starts no program
        exec(asked["code"], {"linux": linux})
        return
    environment = {
        "P": os.fspath(folder),
        "S": os.fspath(sockets),
        "HOME": os.fspath(folder / mounts.WORK),
        "TMPDIR": os.fspath(folder / mounts.TMP),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "2",
    }
    os.execve(sys.executable, [sys.executable, "-c", asked["code"]], environment)


main()
