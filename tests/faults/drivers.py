"""`grader` commands in processes that start at once: forked from one that has imported it all.

A test's :class:`Drivers` holds that process. It is exec'ed and has a single thread, so that what it
forks is as sound as what a shell would start, without two seconds of imports each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Ended:
    """How a command ended; ``status`` is negative where a signal ended it."""

    status: int
    said: str


class Running:
    """One command on its way."""

    def __init__(self, server: subprocess.Popen[str], pid: int, said: Path) -> None:
        self.pid = pid
        self._server = server
        self._said = said

    def wait(self) -> Ended:
        """Wait for its end."""
        assert self._server.stdout is not None
        status = int(self._server.stdout.readline())
        return Ended(status, self._said.read_text(errors="replace"))


class Drivers:
    """Starts commands, one at a time; a context manager."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.communicate()

    def start(
        self,
        *words: str | Path,
        env: Mapping[str, str],
        said: Path,
        wait_s: float | None = None,
        deadline_s: float | None = None,
    ) -> Running:
        """Start ``grader`` with ``words``; ``env`` is added to its environment.

        What it prints goes to the file ``said``. ``wait_s`` and ``deadline_s`` replace the times
        that `grade` waits for a gradebook and a worker.
        """
        times = {"wait_s": wait_s, "deadline_s": deadline_s}
        request = {
            "words": [str(word) for word in words],
            "env": dict(env),
            "said": str(said),
            "times": {name: value for name, value in times.items() if value is not None},
        }
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return Running(self._server, int(self._server.stdout.readline()), said)


def main() -> None:
    """Read requests, fork a command for each, write its pid and then its exit status."""
    import grader.cli  # here, as a worker imports this file too
    import grader.grade  # what the command imports when it is called

    assert threading.active_count() == 1
    while line := sys.stdin.readline():
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
            grader.cli.main()
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(request: Mapping[str, Any]) -> None:
    from functools import partial

    from grader import grade

    said = os.open(str(request["said"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(said, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(request["env"])
    tempfile.tempdir = None
    grade.grade = partial(grade.grade, **request["times"])
    sys.argv = ["grader", *request["words"]]


if __name__ == "__main__":
    main()
