"""Run a notebook and say, for each of its test cells, what is known of its run.

In one kernel, student code and tests share a process, and all that is known comes from that
process: code that sets out to forge it can. With an examiner, it comes from a process that no
student's text ever ran in. See `docs/security.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode
from papermill.engines import papermill_engines

from grader.examine.evidence import Evidence, Examined
from grader.examine.judge import STOPPED, judge
from grader.examine.outputs import without_tracebacks
from grader.examine.sitting import Sitting
from grader.examine.trace import Trace
from grader.results import Flag, Reason
from grader.template import grade_id, test_id

ENGINE = "grader-kernel"  # as papermill knows it
GIVEN_CELL_FAILED = "given_cell_failed"
STOPPED_CELL = "stopped_cell"
MEANT = "raises-exception"  # the tag that Jupyter's programs know for a cell that is to fail


def examine(notebook: NotebookNode, sitting: Sitting) -> Examined:
    """Run the cells of ``notebook`` as ``sitting`` arranges it.

    The notebook given is not changed; in the one that comes back, test cells hold no traceback.
    Raises ``KernelStartError`` and ``ZygoteLostError``, which are never the student's fault, and
    nothing for whatever the notebook does. What the examiner could not go on for is in the result,
    with what was known by then.
    """
    copy = nbformat.from_dict(notebook)
    copy.metadata["papermill"] = {}
    trace = Trace()
    executed = papermill_engines.execute_notebook_with_engine(
        ENGINE, copy, "python3", progress_bar=False, sitting=sitting, trace=trace
    )
    for holder in (executed, *executed.cells):
        holder.metadata.pop("papermill", None)
    tests = {index: name for index, cell in enumerate(executed.cells) if (name := test_id(cell))}
    evidence: dict[str, Evidence] = {}
    for index, name in tests.items():
        twice = Evidence(False, reason=Reason.INTERNAL, message="two cells bear this test's name")
        found = judge(trace.cells.get(index), trace.lost)
        evidence[name] = twice if name in evidence else found
    flags = (*_given_failed(executed, trace), *_stopped(executed, trace))
    shown = without_tracebacks(executed, list(tests))
    return Examined(shown, evidence, trace.usage, flags, trace.struck, trace.broken, trace.fault)


def _given_failed(executed: NotebookNode, trace: Trace) -> Iterator[Flag]:
    for index, run in trace.cells.items():
        cell = executed.cells[index]
        if run.failed_apart and MEANT not in cell.metadata.get("tags", ()):
            detail = (
                f"{grade_id(cell)} raised {run.failed_apart} where there is no student's code "
                f"too; if it is meant to, tag it {MEANT!r}"
            )
            yield Flag(kind=GIVEN_CELL_FAILED, detail=detail)


def _stopped(executed: NotebookNode, trace: Trace) -> Iterator[Flag]:
    """The cells, tests apart, that met a limit: their tests fail later, and for other reasons."""
    for index, run in trace.cells.items():
        cell = executed.cells[index]
        if run.stopped and run.stopped is not Reason.CANDIDATE_LOST and not test_id(cell):
            name = grade_id(cell) or f"cell {index + 1}, the student's own,"
            yield Flag(kind=STOPPED_CELL, detail=f"{name} was {STOPPED[run.stopped]}")
