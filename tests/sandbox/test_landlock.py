"""Landlock's rules, in every version this kernel has of them, without any other mechanism."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox import landlock
from grader.sandbox.mounts import lay_out
from sandbox.helpers import READ_ONLY

pytestmark = pytest.mark.usefixtures("with_landlock")
VERSIONS = range(1, min(landlock.abi(), 8) + 1)

CODE = """
import errno, json, os, signal, socket, sys
from pathlib import Path
from grader.sandbox import landlock, linux
from grader.sandbox.view import View
base, read_only, version = Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
parent = os.getppid()
listener = socket.create_server(("127.0.0.1", 0))
abstract = socket.socket(socket.AF_UNIX); abstract.bind(f"\\0landlock-{os.getpid()}")
abstract.listen()
view = View(tuple(map(Path, read_only)), base / "P", base / "S")
if os.fork():  # a process outside the rules, to be signalled
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
outside = os.getppid()
linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
landlock.enforce(landlock.rules(view, own_root=False, version=version))
def fails(act):
    try:
        act()
    except OSError as error:
        return errno.errorcode[error.errno]
other, mine = base / "other", base / "P" / "work"
def connect(family, address):
    with socket.socket(family) as channel:
        channel.connect(address)
def bind():
    socket.socket(socket.AF_UNIX).bind(str(base / "S" / "k"))
(mine / "a").write_text("a")
(mine / "folder").mkdir()
print(json.dumps({
    "read": fails(other.read_text), "write": fails(lambda: other.open("a")),
    "list": fails(lambda: os.listdir(base)), "list root": fails(lambda: os.listdir("/")),
    "make": fails((base / "new").mkdir), "remove": fails(other.unlink),
    "link": fails(lambda: (mine / "l").hardlink_to(other)),
    "proc": fails(lambda: os.listdir("/proc")), "self": fails(lambda: os.listdir("/proc/self/fd")),
    "python": fails(lambda: open(os.__file__).read()), "bind": fails(bind),
    "file beside sockets": fails((base / "S" / "f").touch),
    "device": fails(lambda: (mine / "d").exists() or os.mknod(mine / "d", 0o20600, 0x103)),
    "truncate": fails(lambda: os.truncate(other, 0)),
    "move": fails(lambda: os.rename(mine / "a", mine / "folder" / "a")),
    "tcp": fails(lambda: connect(socket.AF_INET, listener.getsockname())),
    "abstract": fails(lambda: connect(socket.AF_UNIX, abstract.getsockname())),
    "signal": fails(lambda: os.kill(outside, signal.SIGURG)),
    "trace": fails(lambda: open(f"/proc/{outside}/environ")),
}))
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_forbids_what_it_knows(tmp_path, version):
    lay_out_base(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", CODE, os.fspath(tmp_path), json.dumps(READ_ONLY), str(version)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and done.stdout, done.stderr
    seen = json.loads(done.stdout)
    always = ("read", "write", "list", "list root", "make", "remove", "proc", "trace")
    assert {seen[name] for name in (*always, "file beside sockets")} == {"EACCES"}
    assert seen["link"] in ("EXDEV", "EACCES") and seen["device"] in ("EACCES", "EPERM")
    assert [seen[name] for name in ("self", "python", "bind")] == [None] * 3
    assert seen["move"] == (None if version >= 2 else "EXDEV")
    assert seen["truncate"] == ("EACCES" if version >= 3 else None)
    assert seen["tcp"] == ("EACCES" if version >= 4 else None)
    assert seen["abstract"] == seen["signal"] == ("EPERM" if version >= 6 else None)
    words = landlock.lacking(version)
    assert ("TCP" in words) == (version < 4) and ("signals" in words) == (version < 6)


def lay_out_base(base: Path) -> None:
    (base / "P").mkdir()
    (base / "S").mkdir()
    (base / "other").write_text("other")
    lay_out(base / "P", os.getuid())
