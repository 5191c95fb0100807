"""Become a process on another kind of host, then run a Python program there.

``python hosts.py KIND PROGRAM…``. Everything that is refused is really refused, by the kernel:
nothing of the grader is replaced. Run it as root, in a process of its own.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.sandbox import linux
from grader.sandbox.syscalls import NUMBERS

USER = 100_000 + os.getpid()  # nobody else, whose threads would count as those of this one
SOME_GROUPS = (4, 27)  # that root is in, as an administrator is in adm and sudo
# What a container of Docker's has, and what its filter refuses that the sandbox would use.
DOCKER_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
NAMESPACE_CALLS = ("unshare", "mount", "umount2", "pivot_root", "setns", "mount_setattr")
LANDLOCK_CALLS = (444, 445, 446)
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06


def main(kind: str, program: Sequence[str]) -> None:
    """Run ``program`` as on a host of this ``kind``."""
    os.setgroups(SOME_GROUPS)
    if kind != "closed-home":
        open_home()
    if kind == "docker":
        keep_capabilities(DOCKER_CAPABILITIES)
    if kind in ("user", "restricted-user", "user-without-landlock"):
        become_user()
    if kind in ("docker", "restricted-user", "closed-home"):
        numbers = NUMBERS[linux.MACHINES.index(platform.machine())]
        refuse([numbers[name] for name in NAMESPACE_CALLS])
    if kind == "user-without-landlock":
        refuse(LANDLOCK_CALLS)
    os.execv(sys.executable, [sys.executable, *program])


def open_home() -> None:
    """Let everybody through root's home to the interpreter that may lie there, and no further."""
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    prefix, home = Path(sys.base_prefix), Path.home()
    if not prefix.is_relative_to(home):
        return
    held = os.open(prefix, os.O_PATH)
    linux.mount("home", home, "tmpfs", options="mode=755")
    prefix.mkdir(parents=True)
    linux.mount(f"/proc/self/fd/{held}", prefix, flags=linux.MS_BIND | linux.MS_REC)


def become_user() -> None:
    """Become an ordinary user, with a home of its own."""
    os.environ["HOME"] = "/tmp"
    os.setgroups(())
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def keep_capabilities(kept: Sequence[int]) -> None:
    """Take every other capability away, from those that can be had after an exec too."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in set(range(last + 1)) - set(kept):
        linux.prctl(linux.PR_CAPBSET_DROP, capability)


def refuse(numbers: Sequence[int]) -> None:
    """Have the kernel answer the system calls of these ``numbers`` with EPERM."""
    code = struct.pack("=HBBI", LOAD, 0, 0, 0)
    for number in numbers:
        code += struct.pack("=HBBI", EQUAL, 0, 1, number)
        code += struct.pack("=HBBI", RETURN, 0, 0, 0x00050000 | errno.EPERM)
    code += struct.pack("=HBBI", RETURN, 0, 0, 0x7FFF0000)
    program = struct.pack("=HxxxxxxQ", len(code) // 8, _address(code))
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_SECCOMP, 2, _address(program))


_kept: list[ctypes.Array[ctypes.c_char]] = []


def _address(data: bytes) -> int:
    _kept.append(ctypes.create_string_buffer(data, len(data)))
    return ctypes.addressof(_kept[-1])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
