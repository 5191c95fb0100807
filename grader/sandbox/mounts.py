"""The folder P of one submission: what lies in it, and the file system that bounds its size."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from grader.sandbox import linux

WORK, TMP, SHM, EXCHANGE = "work", "tmp", "shm", "exchange"
FOLDERS = (WORK, TMP, SHM, EXCHANGE)
BYTES_PER_FILE = 4096  # one inode for each so many bytes, so that empty files are bounded too
MIB = 2**20


def own_mounts() -> bool:
    """Give this process a mount namespace of its own, once, so that it can mount folders.

    Return whether it worked: see :func:`enter_own_mounts`.
    """
    try:
        enter_own_mounts()
    except OSError:
        return False
    return True


def enter_own_mounts() -> None:
    """Enter a new mount namespace, in which what is mounted is seen by this process's alone.

    Root needs CAP_SYS_ADMIN for it; anybody else gets a user namespace, in which the own user is
    the only one. The process must have one thread. Raise :class:`OSError` where the host refuses.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        linux.unshare(linux.CLONE_NEWNS)
    else:
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
        _map_own_user(uid, gid)
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)


def _map_own_user(uid: int, gid: int) -> None:
    # After a change of user the files of /proc/self are root's until the process is dumpable.
    linux.prctl(linux.PR_SET_DUMPABLE, 1)
    me = Path("/proc/self")
    (me / "setgroups").write_text("deny", encoding="ascii")  # the kernel asks for it before gid_map
    (me / "uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    (me / "gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")


def mount_folder(folder: Path, disk_mb: float, uid: int) -> None:
    """Mount an empty file system of ``disk_mb`` MiB at ``folder`` and lay out :data:`FOLDERS`.

    Call it after :func:`own_mounts`. No link is followed in the exchange folder, by anybody.
    """
    options = f"size={int(disk_mb * MIB)},nr_inodes={most_files(disk_mb)},mode=755"
    linux.mount("coursework", folder, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    try:
        lay_out(folder, uid)
        exchange = folder / EXCHANGE
        linux.mount(os.fspath(exchange), exchange, flags=linux.MS_BIND)
        linux.set_mount_attributes(
            exchange,
            linux.MOUNT_ATTR_NOSUID
            | linux.MOUNT_ATTR_NODEV
            | linux.MOUNT_ATTR_NOEXEC
            | linux.MOUNT_ATTR_NOSYMFOLLOW,
        )
    except OSError:
        unmount_folder(folder)
        raise


def most_files(disk_mb: float) -> int:
    """Files and folders that fit into a submission's folder of so many MiB."""
    return 64 + int(disk_mb * MIB) // BYTES_PER_FILE


def unmount_folder(folder: Path) -> None:
    """Take away what :func:`mount_folder` mounted; what was in it is gone."""
    with contextlib.suppress(FileNotFoundError):
        linux.unmount(folder)


def lay_out(folder: Path, uid: int) -> None:
    """Make :data:`FOLDERS` in ``folder``, each ``uid``'s where this process is root.

    Where nothing can be mounted this alone makes the folder of a submission.
    """
    for name in FOLDERS:
        path = folder / name
        path.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(path, uid, uid)
