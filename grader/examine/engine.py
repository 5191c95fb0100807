"""The papermill engine `grader-kernel`: kernels from a zygote, and no error stops a notebook.

``papermill --engine grader-kernel in.ipynb out.ipynb`` runs a notebook with it in one kernel that
is not shut in. The grader calls it through papermill as well, with a :class:`Sitting` (see
:mod:`grader.examine.run`). Only papermill imports this module, while it is imported itself: so
what needs papermill in turn is imported late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from papermill.engines import NBClientEngine, NotebookExecutionManager

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from grader.examine.sitting import Sitting
    from grader.examine.trace import Trace

START_S = 60.0


class KernelEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """papermill's way to our clients."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: float = START_S,
        execution_timeout: float | None = None,
        *,
        sitting: Sitting | None = None,
        trace: Trace | None = None,
        **_: Any,
    ) -> NotebookNode:
        """Run the notebook of ``nb_man``, within ``sitting`` where there is one.

        The kernels' Python is this one, whatever ``kernel_name`` says. ``execution_timeout`` is
        seconds for a cell, for a caller without a sitting.
        """
        from grader.examine.conduct import conduct, conduct_here
        from grader.examine.trace import Trace

        papers = {
            "log_output": log_output,
            "stdout_file": stdout_file,
            "stderr_file": stderr_file,
            "startup_timeout": int(start_timeout),
            "trace": trace or Trace(),
        }
        if sitting is not None:
            return conduct(nb_man, sitting, papers)
        return conduct_here(nb_man, execution_timeout, papers)
