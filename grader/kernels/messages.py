"""What the worker, the zygote and the keeper of a kernel say to one another.

The worker asks the zygote over a stream socket, one request at a time, each answered: a request is
a pickled dataclass, because that direction is ours from end to end; an answer is JSON. Descriptors
go along with a request. What a kernel and its keeper report comes over a socket of the kernel's
own, as lines of JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.sandbox.confine import Confinement

HEADER = 8  # bytes that give the length of a request or an answer
MOST_BYTES = 2**20
DESCRIPTORS = 2  # at most with one request: the kernel's line, and its boundary socket
REPORT_BYTES = 2**16  # all that one kernel and its keeper may report

KILL = b"k"  # the worker to a keeper: end everything
INTERRUPT = b"i"  # the worker to a keeper: what Ctrl-C sends


class Role(StrEnum):
    """What a kernel is for."""

    ALONE = "alone"  # student's code and tests together
    CANDIDATE = "candidate"  # student's code
    EXAMINER = "examiner"  # the tests


@dataclass(frozen=True)
class Prepare:
    """The first request: import ``preloads``; be able to mount folders if ``mounts``."""

    preloads: tuple[str, ...]
    mounts: bool


@dataclass(frozen=True)
class Twin:
    """Fork a zygote that has imported as much, for whoever holds the other end of the socket that
    comes along as a descriptor."""


@dataclass(frozen=True)
class StartKernel:
    """Fork a kernel. Its line comes along as a descriptor, and its boundary socket if it has one.

    ``env`` is its whole environment, ``connection`` the content of a Jupyter connection file.
    ``litter`` are folders to delete where the worker goes without ending the kernel.
    """

    role: Role
    workdir: Path
    env: Mapping[str, str]
    connection: Mapping[str, Any]
    confinement: Confinement | None = None
    litter: tuple[Path, ...] = ()


@dataclass(frozen=True)
class MountFolder:
    """Mount an empty file system of ``disk_mb`` MiB, writable for ``uid``, at ``folder``."""

    folder: Path
    disk_mb: float
    uid: int


@dataclass(frozen=True)
class UnmountFolder:
    """Take away what :class:`MountFolder` mounted."""

    folder: Path


Request = Prepare | Twin | StartKernel | MountFolder | UnmountFolder


@dataclass(frozen=True)
class Answer:
    """What the zygote says to a request.

    ``error`` is empty where all went well; ``remedy`` says what to do about it. In answer to
    :class:`Prepare`, ``mounts`` tells whether it can mount folders and ``zygote`` which process it
    is; in answer to :class:`StartKernel`, ``keeper`` is the process that keeps the kernel.
    """

    error: str = ""
    remedy: str = ""
    mounts: bool = False
    zygote: int = 0
    keeper: int = 0


@dataclass(frozen=True)
class Report:
    """What a kernel or its keeper says: one of the fields is set."""

    ready: bool = False
    failed: str = ""  # the kernel could not be set up, and why
    ended: int | None = field(default=None)  # its exit status, negative the signal that ended it
    cpu_s: float = 0.0  # with ``ended``: CPU time of the kernel and of what it started


def send_request(to: socket.socket, request: Request, descriptors: Sequence[int] = ()) -> None:
    """Send ``request``; raises :class:`OSError` where the zygote is gone."""
    data = pickle.dumps(request)
    socket.send_fds(to, [len(data).to_bytes(HEADER, "big")], descriptors)
    to.sendall(data)


def receive_request(source: socket.socket) -> tuple[Request, list[int]] | None:
    """The next request and the descriptors that came with it; None where the worker is gone."""
    header, descriptors, _, _ = socket.recv_fds(source, HEADER, DESCRIPTORS)
    data = _rest(source, header)
    if data is None:
        for descriptor in descriptors:
            os.close(descriptor)
        return None
    request: Request = pickle.loads(data)
    return request, descriptors


def send_answer(to: socket.socket, answer: Answer) -> None:
    """Send ``answer``."""
    data = json.dumps(vars(answer)).encode()
    to.sendall(len(data).to_bytes(HEADER, "big") + data)


def receive_answer(source: socket.socket) -> Answer | None:
    """The answer to a request; None where the zygote is gone."""
    data = _rest(source, b"")
    return None if data is None else Answer(**json.loads(data))


def _rest(source: socket.socket, begun: bytes) -> bytes | None:
    header = _exactly(source, HEADER, begun)
    if header is None:
        return None
    length = int.from_bytes(header, "big")
    return _exactly(source, length, b"") if length <= MOST_BYTES else None


def _exactly(source: socket.socket, length: int, begun: bytes) -> bytes | None:
    data = begun
    while len(data) < length:
        more = source.recv(length - len(data))
        if not more:
            return None
        data += more
    return data


def write_report(line: int, report: Report) -> None:
    """Write ``report`` to the kernel's line; nobody at the other end is no error."""
    with contextlib.suppress(OSError):
        os.write(line, json.dumps(vars(report)).encode() + b"\n")


def read_report(text: bytes) -> Report | None:
    """The report in one line of ``text``; None where it is none, whatever it is."""
    try:
        found = json.loads(text)
        report = Report(
            ready=found["ready"] is True,
            failed=str(found["failed"]),
            ended=None if found["ended"] is None else int(found["ended"]),
            cpu_s=max(0.0, float(found["cpu_s"])),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    return report
