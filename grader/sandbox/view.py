"""Which paths of the host a confined process may see, and how.

A path is spelled as programs spell it, and where a link lies on the way also as it really is: a
virtual environment finds its modules by the first and its interpreter by the second.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Programs and libraries of the system. /usr/src is left out: images keep whole projects there.
SYSTEM = (
    *(f"/usr/{name}" for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec")),
    *(f"/usr/{name}" for name in ("share", "include", "local", "games")),
    *("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"),
)
# What programs read of /etc. Names, users and hosts are made up: see `made_up`.
ETC = ("alternatives", "fonts", "ld.so.cache", "localtime", "os-release", "timezone")
DEVICES = ("null", "zero", "full", "random", "urandom")
# A shared mapping of /dev/zero keeps pages that no process has mapped any more. A view shows
# another device in its place, which reads the same, and without a view it cannot be written.
ZERO, READS_AS_ZERO = "zero", "full"
# What a program may want to know of the machine; without a /proc of its own it sees these only.
MACHINE = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version")
PROCESSORS = ("online", "possible", "present")  # below /sys/devices/system/cpu
STUDENT = "student"
PACKAGES = Path(__file__).parents[2]  # a checkout, or where packages are installed
# Where the folder of the kernel's sockets is in a view of its own; its own path is a link to here.
# It would otherwise lie below /tmp for many a host, and a rule that allows all below /tmp includes
# what is mounted there.
SOCKETS = Path("/run/kernel")


@dataclass(frozen=True)
class View:
    """What one process may see: ``read_only`` and the system, ``folder`` to write, ``sockets``.

    ``folder`` holds the folders of :data:`grader.sandbox.mounts.FOLDERS`.
    """

    read_only: tuple[Path, ...]
    folder: Path
    sockets: Path

    def readable(self) -> tuple[Path, ...]:
        """The paths to be seen read-only, outermost first and none below another."""
        return outermost((*map(Path, SYSTEM), *self.read_only))


def read_only(cache: Path) -> tuple[Path, ...]:
    """What a kernel of this environment has to read: Python, its packages, ``cache``, coursekit.

    Of a checkout only the package folder ``coursekit`` is among them, not what lies beside it.
    """
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    found = [Path(prefix) for prefix in prefixes if prefix != "/"]
    found.append(Path(sys.executable).resolve().parent.parent)
    if site.ENABLE_USER_SITE:
        found.append(Path(site.getusersitepackages()))
    found.append(PACKAGES / "coursekit")
    found.append(cache.absolute())
    return outermost((*found, *(path.resolve() for path in found)))


def outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The ``paths`` that exist and are not below another of them, shortest first."""
    kept: list[Path] = []
    for path in sorted({path for path in paths if path.exists()}, key=lambda p: len(p.parts)):
        if path != Path("/") and not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return tuple(kept)


def made_up(uid: int, gid: int, home: Path) -> dict[str, str]:
    """Small files of /etc that stand for the host's: name → content."""
    return {
        "passwd": f"root:x:0:0:root:/:/bin/sh\n{STUDENT}:x:{uid}:{gid}:{STUDENT}:{home}:/bin/sh\n",
        "group": f"root:x:0:\n{STUDENT}:x:{gid}:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    }


def processors() -> dict[str, str]:
    """What /sys says about which processors there are: name → content."""
    folder = Path("/sys/devices/system/cpu")
    return {name: text for name in PROCESSORS if (text := _text(folder / name))}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""


def real(path: Path | str) -> str:
    """``path`` without links, for a mount or a rule."""
    return os.path.realpath(path)
