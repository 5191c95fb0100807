"""From a sitting to the client that runs the notebook in its kernels."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NotebookExecutionManager

from grader.examine.client import NotebookClient
from grader.examine.kernel import Kernel
from grader.examine.pair import TwoKernels
from grader.examine.seat import Seat, passed_on
from grader.examine.sitting import Sitting
from grader.kernels.client import Zygote
from grader.kernels.messages import Role
from grader.outline import Limits


def conduct_here(
    nb_man: NotebookExecutionManager, cell_s: float | None, papers: dict[str, Any]
) -> NotebookNode:
    """Run the notebook of ``nb_man`` in one kernel in the current folder, not shut in.

    The kernel sees what may be passed on of our environment; ``cell_s`` is seconds for a cell.
    """
    limits = Limits(cell_s=cell_s) if cell_s else Limits()
    env = passed_on(os.environ)
    with closing(Zygote(env=env)) as zygote:
        sitting = Sitting(zygote, Seat(Role.ALONE, Path.cwd(), env), limits)
        return conduct(nb_man, sitting, papers)


def conduct(
    nb_man: NotebookExecutionManager, sitting: Sitting, papers: dict[str, Any]
) -> NotebookNode:
    """Run the notebook of ``nb_man`` as ``sitting`` says; ``papers`` are the client's own."""
    zygote, limits, watched = sitting.zygote, sitting.limits, sitting.watched
    papers |= {"limits": limits, "left_out": sitting.left_out}
    if sitting.examiner is None:
        kernel = Kernel(zygote, sitting.seat, limits=limits, watched=watched)
        return NotebookClient(nb_man, kernel=kernel, **papers).execute()
    here, there = socket.socketpair()
    with here, there:  # each kernel closes its own when it has handed it on
        kernel = Kernel(zygote, sitting.seat, limits=limits, boundary=there, watched=watched)
        examiner = Kernel(zygote, sitting.examiner, limits=limits, boundary=here, watched=watched)
        client = TwoKernels(nb_man, kernel=kernel, examiner=examiner, steps=sitting.steps, **papers)
        return client.execute()
