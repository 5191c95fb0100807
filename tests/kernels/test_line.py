"""A worker's line to a kernel loses no word, whoever listens."""

from __future__ import annotations

import os
import socket
import threading
import time

from grader.kernels.launch import Process
from grader.kernels.line import Line
from grader.kernels.messages import Report, write_report


class Halting(socket.socket):
    """A socket that gives up one byte at a time, and lets others run after each."""

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = super().recv(min(size, 1), flags)
        time.sleep(0.0005)
        return data


def test_two_threads_that_listen_lose_no_report() -> None:
    theirs, ours = socket.socketpair()
    with theirs, Halting(fileno=ours.detach()) as halting:
        line = Line(halting, 0, Process(os.getpid()))
        write_report(theirs.fileno(), Report(ended=-9, cpu_s=1.5))
        threads = [threading.Thread(target=lambda: line.over) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert line.over
        assert line.ended is not None
        assert (line.ended.ended, line.ended.cpu_s) == (-9, 1.5)
