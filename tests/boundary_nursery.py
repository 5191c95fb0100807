"""Forks candidates for the tests: each runs a student's text and then serves one connection.

A process of its own, so that nothing is forked from a test runner's threads.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import types

import numpy  # noqa: F401  # as preloads: the candidates have them from the start
import torch  # noqa: F401

from grader.examine.boundary.candidate import Server
from grader.examine.boundary.frames import Connection


def main(control: socket.socket) -> None:
    """Fork a candidate for each text that comes with a descriptor; answer with its pid."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a kernel between cells
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that no zombie stays
    while True:
        text, (descriptor,), _, _ = socket.recv_fds(control, 1 << 20, 1)
        pid = os.fork()
        if pid == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            candidate(text.decode(), socket.socket(fileno=descriptor))
            os._exit(0)
        os.close(descriptor)
        control.send(str(pid).encode())


def candidate(text: str, connection: socket.socket) -> None:
    """Run ``text`` as the student's and the given cells, then answer requests."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    module.__dict__["boundary"] = connection  # for the texts that forge
    exec(compile(text, "<student>", "exec"), module.__dict__)
    Server(Connection(connection), lambda: module.__dict__).serve()


if __name__ == "__main__":
    try:
        main(socket.socket(fileno=int(sys.argv[1])))
    except (ValueError, OSError):  # the tests have ended
        sys.exit()
