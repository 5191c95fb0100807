"""The Linux calls that Python 3.11 does not offer, each raising :class:`OSError` where it fails.

Importing this module calls nothing, so it may be imported on any operating system.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from functools import cache
from pathlib import Path

# <linux/sched.h>
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# <sys/mount.h>
MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2
MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
MOUNT_ATTR_NODEV = 0x4
MOUNT_ATTR_NOEXEC = 0x8
MOUNT_ATTR_NOSYMFOLLOW = 0x200000
AT_RECURSIVE = 0x8000
AT_FDCWD = -100

# <sys/prctl.h>
PR_SET_PDEATHSIG = 1
PR_GET_PDEATHSIG = 2
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_KEEPCAPS = 8
PR_SET_SECCOMP = 22
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

# Numbers that differ between machines, (x86_64, aarch64); those from 424 on are the same on all.
PIVOT_ROOT = (155, 41)
CAPSET = (126, 91)
CAPGET = (125, 90)
KEYCTL = (250, 219)
MOUNT_SETATTR = 442
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446

MACHINES = ("x86_64", "aarch64")
KEYCTL_JOIN_SESSION_KEYRING = 1
CAPABILITY_VERSION_3 = 0x20080522


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


@cache
def libc() -> ctypes.CDLL:
    """The C library; its functions return an int where nothing else is said."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def checked(result: int, call: str, path: str = "") -> int:
    """Return ``result``, or raise what the C library says went wrong where it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}", path or None)
    return result


def syscall(number: int | tuple[int, int], *arguments: object) -> int:
    """Make the system call ``number``, given for each of :data:`MACHINES` where they differ.

    An integer goes over as a C long, so that flags keep their upper half; bytes and ctypes
    pointers go over as addresses. Raise :class:`OSError`, with ENOSYS on an unknown machine.
    """
    if isinstance(number, tuple):
        if platform.machine() not in MACHINES:
            raise OSError(errno.ENOSYS, f"no system call numbers for {platform.machine()}")
        number = number[MACHINES.index(platform.machine())]
    converted = [
        ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments
    ]
    return checked(libc().syscall(ctypes.c_long(number), *converted), f"system call {number}")


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` names for new ones."""
    checked(libc().unshare(flags), "unshare")


def mount(
    source: str, target: Path | str, kind: str = "", flags: int = 0, options: str = ""
) -> None:
    """Mount a file system of this ``kind``, or with MS_BIND the folder ``source``."""
    result = libc().mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode(),
        ctypes.c_ulong(flags),
        options.encode(),
    )
    checked(result, f"mount {kind}".strip(), os.fspath(target))


def unmount(target: Path | str) -> None:
    """Take the mount at ``target``, and those below it, out of the tree at once."""
    checked(libc().umount2(os.fsencode(target), MNT_DETACH), "umount", os.fspath(target))


def set_mount_attributes(target: Path | str, attributes: int, *, below: bool = True) -> None:
    """Add MOUNT_ATTR flags to the mount at ``target`` and, with ``below``, to those under it."""
    wanted = _MountAttr(attr_set=attributes)
    syscall(
        MOUNT_SETATTR,
        AT_FDCWD,
        os.fsencode(target),
        AT_RECURSIVE if below else 0,
        ctypes.byref(wanted),
        ctypes.sizeof(wanted),
    )


def pivot_root(new: str, old: str) -> None:
    """Make the mount ``new`` the root of this process and put the old root at ``old``."""
    syscall(PIVOT_ROOT, os.fsencode(new), os.fsencode(old))


def prctl(option: int, first: int = 0, second: int = 0) -> int:
    """Call prctl(2)."""
    return checked(
        libc().prctl(
            option,
            ctypes.c_ulong(first),
            ctypes.c_ulong(second),
            ctypes.c_ulong(0),
            ctypes.c_ulong(0),
        ),
        f"prctl {option}",
    )


def death_signal() -> int:
    """The signal this process gets when its parent dies; 0 for none."""
    number = ctypes.c_int(0)
    checked(libc().prctl(PR_GET_PDEATHSIG, ctypes.byref(number), 0, 0, 0), "prctl")
    return number.value


def drop_all_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets of this process."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    syscall(CAPSET, ctypes.byref(header), ctypes.byref(sets))
