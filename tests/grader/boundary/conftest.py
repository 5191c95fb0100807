"""The fixture `bench`: a real candidate process for each test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from boundary_bench import NURSERY, Bench, Make
from coursekit.beside import install
from grader.examine.boundary.codec import Caps
from grader.examine.boundary.examiner import Session
from grader.examine.boundary.frames import Connection


@pytest.fixture(scope="session")
def nursery() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    process = subprocess.Popen(
        [sys.executable, os.fspath(NURSERY), str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        env=environment,
    )
    theirs.close()
    yield ours
    ours.close()
    process.kill()
    process.wait()


@pytest.fixture
def bench(
    nursery: socket.socket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Make]:
    """Make a bench of a student's text, and of given cells that run on both sides."""
    made: list[Bench] = []
    ends: list[socket.socket] = []

    def make(student: str = "", *, given: str = "", caps: Caps | None = None) -> Bench:
        ours, theirs = socket.socketpair()
        text = textwrap.dedent(given) + "\n" + textwrap.dedent(student)
        socket.send_fds(nursery, [text.encode()], [theirs.fileno()])
        theirs.close()
        pid = int(nursery.recv(100))
        module = types.ModuleType("__main__")
        monkeypatch.setitem(sys.modules, "__main__", module)
        folder = tmp_path / "exchange"
        folder.mkdir(exist_ok=True)
        session = Session(Connection(ours), module.__dict__, caps=caps, exchange=folder)
        install(session.run_beside)
        ends.append(ours)
        made.append(Bench(session, module.__dict__, pid))
        before = set(module.__dict__)
        made[-1].run(given)
        made[-1].given = sorted(set(module.__dict__) - before)
        return made[-1]

    yield make
    install(None)
    for each in made:
        each.kill()
    for end in ends:
        end.close()
