"""Landlock: rules on files, sockets and signals that any process may lay on itself.

The rules equal the view. They hold whether or not namespaces show that view alone, so that a
fault of the one is caught by the other. Each version of the interface (ABI) knows more; what the
kernel's does not know is left to the other mechanisms.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from grader.sandbox import linux
from grader.sandbox.view import DEVICES, ETC, MACHINE, SOCKETS, ZERO, View

# Access rights, from bit 0, in the order of <linux/landlock.h>.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR = (1 << bit for bit in range(4, 8))
MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK = (1 << bit for bit in range(8, 12))
MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV = (1 << bit for bit in range(12, 16))
RIGHTS_OF_ABI = {1: 13, 2: 14, 3: 15, 5: 16}  # rights known from this ABI on
TCP_ABI, SCOPE_ABI = 4, 6
BIND_TCP, CONNECT_TCP = 1, 2
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS = 1, 2

READ = EXECUTE | READ_FILE | READ_DIR
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
EVERYTHING = (1 << 16) - 1
WORK_IN = EVERYTHING & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV)
USE_DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


@cache
def abi() -> int:
    """The version of the kernel's interface; 0 where there is none, or it is not switched on."""
    try:
        return linux.syscall(linux.LANDLOCK_CREATE_RULESET, 0, 0, CREATE_RULESET_VERSION)
    except OSError:
        return 0


def lacking(version: int) -> tuple[str, ...]:
    """What rules of this ``version`` cannot say, in words."""
    since = {3: "truncating files", TCP_ABI: "TCP", 5: "device controls", SCOPE_ABI: "signals"}
    return tuple(words for first, words in since.items() if version < first)


def rules(view: View, *, own_root: bool, version: int | None = None) -> int:
    """Rules that allow what ``view`` shows and nothing else, as a descriptor for :func:`enforce`.

    ``own_root`` says that /proc, /dev and /tmp are the view's own, not the host's. The rules are
    those of ``version``, the kernel's if None. Raise :class:`OSError` where there is no Landlock,
    or where this process may not enter a folder on the way to what is shown.
    """
    version = abi() if version is None else version
    known = max(bits for first, bits in RIGHTS_OF_ABI.items() if first <= max(version, 1))
    wanted = _Ruleset(
        handled_access_fs=(1 << known) - 1,
        handled_access_net=BIND_TCP | CONNECT_TCP if version >= TCP_ABI else 0,
        scoped=SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS if version >= SCOPE_ABI else 0,
    )
    made = linux.syscall(
        linux.LANDLOCK_CREATE_RULESET, ctypes.byref(wanted), _size_known(version), 0
    )
    for rights, paths in _rights(view, own_root):
        for path in paths:
            _allow(made, path, rights & wanted.handled_access_fs)
    return made


def enforce(made: int) -> None:
    """Lay the rules ``made`` on this process and its children for good, and close them.

    The process must have given up new privileges.
    """
    linux.syscall(linux.LANDLOCK_RESTRICT_SELF, made, 0)
    os.close(made)


def _size_known(version: int) -> int:
    """Bytes of the ruleset that this version reads; an older one refuses more."""
    return 24 if version >= SCOPE_ABI else 16 if version >= TCP_ABI else 8


def _rights(view: View, own_root: bool) -> Iterable[tuple[int, Iterable[Path]]]:
    etc, proc, dev = Path("/etc"), Path("/proc"), Path("/dev")
    yield READ, view.readable()
    yield WORK_IN, [view.folder]
    yield MAKE_SOCK, [SOCKETS if own_root else view.sockets]
    if own_root:
        yield READ, [etc, proc, Path("/sys")]
        yield WORK_IN, [Path("/tmp"), dev / "shm"]
        yield READ | USE_DEVICE, [dev]
    else:
        yield READ, [etc / name for name in (*ETC, "passwd", "group", "hosts", "nsswitch.conf")]
        yield READ, [proc / "self", *(proc / name for name in MACHINE)]
        yield READ, [Path("/sys/devices/system/cpu")]
        yield USE_DEVICE, [dev / name for name in DEVICES if name != ZERO]
        yield READ_FILE, [dev / ZERO]


def _allow(made: int, path: Path, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError):  # this host has no such path
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not path.is_dir():
                rights &= ON_A_FILE
            rule = _PathBeneath(allowed_access=rights, parent_fd=opened)
            linux.syscall(linux.LANDLOCK_ADD_RULE, made, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(opened)
