"""Namespaces: processes, network, ipc and host name of its own, and a root that holds the view.

The process must be root with CAP_SYS_ADMIN, or in a user namespace of its own
(:func:`grader.sandbox.mounts.own_mounts`). Linux 5.12 or later is needed: mount_setattr is the
one way to make a tree of mounts read-only that leaves out none of them.
"""

from __future__ import annotations

import os
from pathlib import Path

from grader.sandbox import linux
from grader.sandbox.mounts import SHM, TMP, WORK
from grader.sandbox.view import (
    DEVICES,
    ETC,
    READS_AS_ZERO,
    SOCKETS,
    ZERO,
    View,
    made_up,
    processors,
)

SHUT = linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV
READ_ONLY = SHUT | linux.MOUNT_ATTR_RDONLY
SOCKETS_ONLY = SHUT | linux.MOUNT_ATTR_NOEXEC | linux.MOUNT_ATTR_NOSYMFOLLOW
TERMINALS = 16  # pseudo-terminals at most; `!command` in a notebook takes one


def leave() -> None:
    """Leave the host's namespaces; the next child is process 1 of a new one."""
    linux.unshare(
        linux.CLONE_NEWPID
        | linux.CLONE_NEWNET
        | linux.CLONE_NEWIPC
        | linux.CLONE_NEWUTS
        | linux.CLONE_NEWCGROUP
    )


def enter(view: View, uid: int, gid: int) -> None:
    """Make ``view`` all that this process sees; nothing of the old root stays reachable."""
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    # The new root is mounted over the sockets' folder, which is held open to be shown inside it.
    sockets = os.open(view.sockets, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    linux.mount("root", view.sockets, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=755")
    root = _Root(view.sockets)
    _etc(root, uid, gid, view.folder / WORK)
    _devices(root, view.folder / SHM)
    root.bind(view.folder / TMP, "/tmp", SHUT)
    for path in view.readable():
        if path.is_symlink() and path.parent == Path("/"):  # /bin → usr/bin
            root.link(path, os.fspath(path.readlink()))
        else:
            root.bind(path.resolve(), path, READ_ONLY)
    root.bind(view.folder, view.folder, SHUT)
    root.link(view.sockets, os.fspath(SOCKETS))
    made = root.folder(SOCKETS)
    linux.mount(f"/proc/self/fd/{sockets}", made, flags=linux.MS_BIND)
    linux.set_mount_attributes(made, SOCKETS_ONLY)
    os.close(sockets)
    _pivot(view.sockets)


class _Root:
    """The root to be, mounted at ``base``."""

    def __init__(self, base: Path) -> None:
        self._base = os.fspath(base)

    def at(self, path: Path | str) -> Path:
        return Path(self._base + os.fspath(path))

    def folder(self, path: Path | str) -> Path:
        made = self.at(path)
        made.mkdir(mode=0o755, parents=True, exist_ok=True)
        return made

    def file(self, path: Path | str, text: str = "") -> Path:
        made = self.folder(Path(path).parent) / Path(path).name
        if text or not made.exists():
            made.write_text(text, encoding="utf-8")
        return made

    def link(self, path: Path | str, target: str) -> None:
        (self.folder(Path(path).parent) / Path(path).name).symlink_to(target)

    def bind(self, source: Path, path: Path | str, attributes: int) -> None:
        """Show ``source``, and what is mounted below it, at ``path``."""
        made = self.folder(path) if source.is_dir() else self.file(path)
        linux.mount(os.fspath(source), made, flags=linux.MS_BIND | linux.MS_REC)
        linux.set_mount_attributes(made, attributes)


def _etc(root: _Root, uid: int, gid: int, home: Path) -> None:
    for name, text in made_up(uid, gid, home).items():
        root.file(f"/etc/{name}", text)
    for name in ETC:
        path = Path("/etc") / name
        if path.is_symlink():
            root.link(path, os.fspath(path.readlink()))
        elif path.exists():
            root.bind(path, path, READ_ONLY)
    for name, text in processors().items():
        root.file(f"/sys/devices/system/cpu/{name}", text)


def _devices(root: _Root, shared_memory: Path) -> None:
    for name in DEVICES:
        device = Path("/dev") / (READS_AS_ZERO if name == ZERO else name)
        root.bind(device, f"/dev/{name}", linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NOEXEC)
    root.bind(shared_memory, "/dev/shm", SHUT | linux.MOUNT_ATTR_NOEXEC)
    quiet = linux.MS_NOSUID | linux.MS_NOEXEC
    options = f"newinstance,ptmxmode=0666,mode=0600,max={TERMINALS}"
    linux.mount("devpts", root.folder("/dev/pts"), "devpts", quiet, options)
    root.link("/dev/ptmx", "pts/ptmx")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        root.link(f"/dev/{name}", f"/proc/self/fd{target}")
    # Read-only: nobody raises its own standing with the out-of-memory killer. The kernel shows
    # a new /proc only while another is in sight, so this comes before the old root goes.
    quiet |= linux.MS_NODEV | linux.MS_RDONLY
    linux.mount("proc", root.folder("/proc"), "proc", quiet)


def _pivot(new_root: Path) -> None:
    os.chdir(new_root)
    linux.pivot_root(".", ".")  # the old root now lies over the new one
    linux.unmount(".")
    os.chdir("/")
    linux.set_mount_attributes("/", linux.MOUNT_ATTR_RDONLY, below=False)
