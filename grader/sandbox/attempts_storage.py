"""Attempts on files, memory and disk."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

from grader.sandbox import linux
from grader.sandbox.attempts import Target, attempt, refusal
from grader.sandbox.mounts import MIB, WORK, most_files

SHMGET = (29, 194)
SHMCTL = (31, 195)
IPC_CREAT, IPC_RMID = 0o1000, 0
HIDDEN_MB = 2  # of shared memory that belongs to no process


@attempt("files", "examiner")
def read_a_private_file(target: Target) -> None:
    target.private.read_bytes()


@attempt("files")
def find_a_private_file(target: Target) -> None:
    target.private.stat()


@attempt("files")
def read_a_public_file(target: Target) -> None:
    target.public.read_bytes()


@attempt("files")
def read_the_course(target: Target) -> None:
    if target.outside is None:
        raise refusal("the course has no such file")
    target.outside.read_bytes()


@attempt("files")
def read_the_passwords(target: Target) -> None:
    Path("/etc/shadow").read_bytes()


@attempt("files")
def list_the_root(target: Target) -> None:
    _list_beyond_view(Path("/"), target, {"dev", "etc", "proc", "run", "sys", "tmp", "usr"})


@attempt("files")
def list_the_home(target: Target) -> None:
    _list_beyond_view(target.home, target, set())


def _list_beyond_view(folder: Path, target: Target, known: set[str]) -> None:
    view = target.confinement.view()
    for path in (*view.readable(), view.folder, view.sockets):
        if path.is_relative_to(folder) and path != folder:
            known = known | {path.relative_to(folder).parts[0]}
    if not {path.name for path in folder.iterdir()} - known:
        raise refusal("nothing but the view is listed")


@attempt("files")
def write_into_the_environment(target: Target) -> None:
    path = Path(sys.prefix) / f"probe-{target.pid}"
    path.touch()
    path.unlink()


@attempt("files")
def write_a_public_file(target: Target) -> None:
    with target.public.open("ab") as file:
        file.write(b"\n")


@attempt("files")
def make_a_file_outside(target: Target) -> None:
    target.public.with_name("made").touch()


@attempt("files")
def empty_a_public_file(target: Target) -> None:
    os.truncate(target.public, 0)


@attempt("files")
def change_the_mode_of_a_file(target: Target) -> None:
    mode = 0o640
    target.public.chmod(mode)
    if target.public.stat().st_mode & 0o777 != mode:
        raise refusal("the mode has not changed")


@attempt("files")
def change_the_time_of_a_file(target: Target) -> None:
    os.utime(target.public, (1, 1))
    if target.public.stat().st_mtime != 1:
        raise refusal("the time has not changed")


@attempt("files")
def remove_a_file_outside(target: Target) -> None:
    target.public.with_name("waste").unlink()


@attempt("files")
def link_to_a_public_file(target: Target) -> None:
    link = target.confinement.folder / WORK / "link"
    link.hardlink_to(target.public)
    link.unlink()


@attempt("files")
def mount_a_file_system(target: Target) -> None:
    folder = target.confinement.folder / WORK
    linux.mount("none", folder, "tmpfs")
    linux.unmount(folder)


@attempt("memory")
def hold_memory_in_a_nameless_file(target: Target) -> None:
    os.close(os.memfd_create("hidden"))


@attempt("memory")
def hold_memory_in_a_segment(target: Target) -> None:
    segment = linux.syscall(SHMGET, 0, HIDDEN_MB * MIB, IPC_CREAT | 0o600)
    linux.syscall(SHMCTL, segment, IPC_RMID, 0)


@attempt("memory")
def hold_memory_that_is_not_mapped(target: Target) -> None:
    _hold_unmapped(-1)


@attempt("memory")
def hold_memory_in_a_device(target: Target) -> None:
    with Path("/dev/zero").open("r+b", buffering=0) as device:
        _hold_unmapped(device.fileno())


def _hold_unmapped(opened: int) -> None:
    """Fill pages that stay where they are when they are mapped no more."""
    with mmap.mmap(opened, HIDDEN_MB * MIB) as shared:
        shared.write(bytes(len(shared)))
        shared.madvise(mmap.MADV_DONTNEED)


@attempt("disk")
def write_more_than_allowed(target: Target) -> None:
    """Into files without a name, which no look at the folder shows."""
    limit = int(target.confinement.disk_mb * MIB)
    written, block = 0, bytes(limit // 4)
    opened: list[int] = []
    try:
        while written <= limit:
            path = target.confinement.folder / WORK / f"file-{len(opened)}"
            opened.append(os.open(path, os.O_CREAT | os.O_WRONLY))
            path.unlink()
            for _ in range(3):
                written += os.write(opened[-1], block)
    finally:
        for descriptor in opened:
            os.close(descriptor)


@attempt("disk")
def make_more_files_than_allowed(target: Target) -> None:
    folder = target.confinement.folder / WORK / "many"
    folder.mkdir()
    for number in range(most_files(target.confinement.disk_mb)):
        os.close(os.open(folder / str(number), os.O_CREAT | os.O_WRONLY))


@attempt("disk")
def write_beside_the_sockets(target: Target) -> None:
    path = target.confinement.sockets / "file"
    path.touch()
    path.unlink()
