"""What the attempts are aimed at, laid out by a process that stands for the examiner."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from grader.sandbox import linux
from grader.sandbox.attempts import Target
from grader.sandbox.attempts_storage import IPC_CREAT, IPC_RMID, SHMCTL, SHMGET
from grader.sandbox.confine import Confinement, Mechanism, user_for

DISK_MB = 0.25
MEMORY_MB = 16.0


@contextlib.contextmanager
def prepared(read_only: tuple[Path, ...], outside: Path | None) -> Iterator[Target]:
    """Lay out everything the attempts are aimed at, and take it away again."""
    with contextlib.ExitStack() as stack:
        base = Path(tempfile.mkdtemp(prefix="grader-probe-"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        private = base / "private"
        private.mkdir(mode=0o700)
        (private / "test").write_text("assert")
        public = base / "public"
        public.mkdir()
        public.chmod(0o777)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        abstract = f"\0grader-probe-{os.getpid()}"
        _listen(stack, abstract)
        _listen(stack, os.fspath(public / "socket"))
        (public / "socket").chmod(0o777)
        secret = ctypes.create_string_buffer(secrets.token_bytes(16), 16)  # it lives as long as we
        yield Target(
            pid=os.getpid(),
            secret=secret.raw,
            address=ctypes.addressof(secret),
            home=Path.home(),
            private=private / "test",
            public=public / "file",
            outside=outside if outside and outside.is_file() else None,
            tcp_port=tcp.getsockname()[1],
            udp_port=udp.getsockname()[1],
            abstract=abstract,
            path_socket=public / "socket",
            shared_memory=_shared_memory(stack),
            segment=_segment(stack),
            queue=_queue(stack),
            confinement=Confinement(
                mechanisms=frozenset(),
                folder=base,
                sockets=base,
                read_only=read_only,
                uid=os.geteuid(),
                processes=1,
                memory_mb=MEMORY_MB,
                disk_mb=DISK_MB,
            ),
        )


def _listen(stack: contextlib.ExitStack, address: str) -> None:
    listener = stack.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(address)
    listener.listen(64)


def _shared_memory(stack: contextlib.ExitStack) -> Path:
    path = Path("/dev/shm") / f"grader-probe-{os.getpid()}"
    with contextlib.suppress(OSError):
        path.write_text("shared")
        path.chmod(0o666)
        stack.callback(path.unlink, missing_ok=True)
    return path


def _segment(stack: contextlib.ExitStack) -> int:
    try:
        segment = linux.syscall(SHMGET, 0, 4096, IPC_CREAT | 0o666)
    except OSError:
        return -1
    stack.callback(linux.syscall, SHMCTL, segment, IPC_RMID, 0)
    return segment


def _queue(stack: contextlib.ExitStack) -> str:
    name = f"/grader-probe-{os.getpid()}"
    libc = linux.libc()
    with contextlib.suppress(OSError):
        opened = libc.mq_open(name.encode(), os.O_CREAT | os.O_RDWR, 0o666, None)
        os.close(linux.checked(opened, "mq_open"))
        stack.callback(libc.mq_unlink, name.encode())
    return name


def fresh(target: Target, mechanisms: Iterable[Mechanism]) -> Target:
    """The same for one more process, to be confined by ``mechanisms``, in folders of its own."""
    confinement = replace(target.confinement, mechanisms=frozenset(mechanisms))
    _open_to_all(target.public)
    return replace(target, confinement=_placed(confinement))


def _open_to_all(path: Path) -> None:
    """Make the public files anew, as no attempt before has left them."""
    path.with_name("made").unlink(missing_ok=True)
    for name in (path.name, "waste"):
        file = path.with_name(name)
        file.unlink(missing_ok=True)
        file.write_text("open to all")
        file.chmod(0o666)


def _placed(confinement: Confinement) -> Confinement:
    """The same with new folders of its own, below where it was."""
    own = Path(tempfile.mkdtemp(dir=confinement.folder))
    own.chmod(0o755)
    folder, sockets = own / "P", own / "S"
    folder.mkdir()
    sockets.mkdir(mode=0o700)
    uid = user_for(confinement.mechanisms)
    if uid != os.geteuid():
        os.chown(sockets, uid, uid)
    return replace(confinement, folder=folder, sockets=sockets, uid=uid)
