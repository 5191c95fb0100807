"""Named moments of the pipeline, at which a test can hold the process that gets there.

Tests of kills need to strike at an exact place. Where the environment variable ``GRADER_MOMENTS``
names a Unix socket, a process that comes to a moment tells the socket's owner, and waits until
that one hangs up; whatever is to be killed meanwhile, the owner kills. Without the variable a
moment does nothing. The variable is the instructor's, as the grader itself is: no kernel gets it
(see the tests), so nothing that a student writes can come to a moment or listen to one.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from enum import StrEnum

VARIABLE = "GRADER_MOMENTS"


class Moment(StrEnum):
    """Every moment there is, in the order in which a submission comes to them."""

    # the driver, then the worker: a task
    TASK_SENT = "task sent"
    TASK_TAKEN = "task taken"
    # the worker: intake
    INTAKE_BEGUN = "intake begun"
    NOTEBOOK_REBUILT = "notebook rebuilt"
    INTAKE_DONE = "intake done"
    # the worker: examine
    EXAMINE_BEGUN = "examine begun"
    KERNELS_STARTED = "kernels started"
    CELL_BEGUN = "cell begun"  # any cell, before anything of it is sent
    CELL_SENT = "cell sent"  # a cell that the student's kernel runs; it does now
    TEST_SENT = "test sent"  # a cell that the examiner runs; it does now
    CELL_DONE = "cell done"
    EXAMINE_DONE = "examine done"
    # the worker: score, and the result on its way
    CELL_SCORED = "cell scored"
    SCORED = "scored"
    RESULT_READY = "result ready"
    RESULT_HALF_SENT = "result half sent"
    RESULT_SENT = "result sent"
    # the driver: record
    RESULT_TAKEN = "result taken"
    TRANSACTION_OPEN = "transaction open"
    GRADES_FLUSHED = "grades flushed"
    PENALTIES_FLUSHED = "penalties flushed"
    COMMITTED = "committed"
    FILE_WRITTEN = "file written"  # under its temporary name: kept notebook, results.json, page
    NOTEBOOKS_KEPT = "notebooks kept"
    LINE_HALF_WRITTEN = "line half written"
    LINE_WRITTEN = "line written"
    LINE_SYNCED = "line synced"
    SUMMARY_WRITTEN = "summary written"
    # `grader feedback` and `grader report`, each of whose pages comes to FILE_WRITTEN first
    PAGE_WRITTEN = "page written"


def moment(name: Moment) -> None:
    """Say that this process is at ``name`` to whoever asked for it, and wait for the answer."""
    if listener := os.environ.get(VARIABLE):
        _report(listener, name)


def _report(listener: str, name: Moment) -> None:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:  # nobody listens any more
        line.connect(listener)
        line.sendall(f"{os.getpid()} {name}\n".encode())
        line.recv(1)
