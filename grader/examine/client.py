"""Runs a notebook's cells in one kernel, nothing waited for without end.

An error stops no later cell, and time, memory, processes, disk and output are limited. What is
known of each cell's run comes from the kernel's reply to that very request and is kept in a
:class:`Trace`; outputs are for people.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import reduce
from typing import Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager

from grader.examine.boundary.failures import GRACE_S
from grader.examine.channels import Message, OutputLimitError
from grader.examine.console import Console, Request
from grader.examine.kernel import Kernel, KernelLostError
from grader.examine.outputs import merge_streams, well_formed
from grader.examine.trace import CellRun, Trace
from grader.moments import Moment, moment
from grader.outline import Limits
from grader.results import Reason, Usage

Follow = Callable[[Request, float], Awaitable[bool]]

_AGAIN_S = 0.5  # until a kernel that was interrupted is interrupted again


class NotebookClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Runs a notebook's cells in ``kernel`` within ``limits`` and writes ``trace``.

    The cells at the indices ``left_out`` are not run.
    """

    def __init__(
        self,
        nb_man: NotebookExecutionManager,
        *,
        kernel: Kernel,
        limits: Limits,
        left_out: frozenset[int],
        trace: Trace,
        **kw: Any,
    ) -> None:
        super().__init__(nb_man, record_timing=False, store_widget_state=False, **kw)
        self._limits = limits
        self._left_out = left_out
        self._trace = trace
        self._console = Console(kernel)
        self._ends = 0.0

    @property
    def _kernels(self) -> tuple[Kernel, ...]:
        return (self._console.kernel,)

    def execute(self, **kwargs: Any) -> NotebookNode:
        """Start the kernels, run every cell, end the kernels. Raises ``KernelStartError``."""
        self.reset_execution_trackers()
        try:
            info = run_sync(self._start)()
            self.nb.metadata["language_info"] = info.get("language_info", {})
            moment(Moment.KERNELS_STARTED)
            self._ends = time.monotonic() + self._limits.total_s
            self.papermill_execute_cells()
        finally:
            for kernel in self._kernels:
                kernel.dismiss()  # all at once: each takes a while to be gone
            for kernel in self._kernels:
                kernel.end()
            self._trace.struck = self._console.kernel.struck
            self._trace.usage = reduce(Usage.beside, (kernel.usage for kernel in self._kernels))
        return self.nb

    async def _start(self) -> dict[str, Any]:
        starts = (kernel.start(self.startup_timeout) for kernel in self._kernels)
        # All are waited for, also where one has failed: none may go on later.
        infos: list[dict[str, Any]] = []
        for info in await asyncio.gather(*starts, return_exceptions=True):
            if isinstance(info, BaseException):
                raise info
            infos.append(info)
        return infos[0]

    def papermill_execute_cells(self) -> None:
        """Run every code cell, until a kernel is lost or the notebook's time is used up."""
        for index, cell in enumerate(self.nb.cells):
            if self._trace.lost:
                return
            self.nb_man.cell_start(cell, index)
            try:
                if cell.cell_type == "code" and index not in self._left_out:
                    self.execute_cell(cell, index)
            finally:
                self.nb_man.cell_complete(cell, cell_index=index)

    async def async_execute_cell(
        self, cell: NotebookNode, cell_index: int, *_: Any, **__: Any
    ) -> NotebookNode:
        """Run one code cell and note what became of it; no outcome of the cell is raised."""
        run = self._trace.cells[cell_index] = CellRun()
        self._display_id_map.clear()  # an update reaches only the cell it comes from
        self.clear_before_next_output = False
        cell.outputs = []
        moment(Moment.CELL_BEGUN)
        try:
            await self._run(cell, cell_index, run)
            if run.status == "error" and self._console.kernel.disk_full():
                raise KernelLostError(Reason.DISK)
        except OutputLimitError:
            self._lose(run, Reason.OUTPUT)
        except KernelLostError as lost:
            self._lose(run, lost.reason)
        if self._trace.lost is None and time.monotonic() >= self._ends:
            self._trace.lost = Reason.TIMEOUT
        moment(Moment.CELL_DONE)
        cell.outputs = merge_streams(cell.outputs)
        if run.stopped:
            cell.outputs.append(new_output("error", ename=run.stopped.name, evalue="stopped"))
        if run.stopped or run.status != "ok":
            self.nb_man.cell_exception(cell, cell_index=cell_index)
        return cell

    execute_cell = run_sync(async_execute_cell)

    def _until(self) -> float:
        """When a cell that starts now has to end."""
        return min(time.monotonic() + self._limits.cell_s, self._ends)

    async def _run(self, cell: NotebookNode, index: int, run: CellRun) -> None:
        """Run a cell in the kernel: from its limit on interrupt it, ``GRACE_S`` later give up."""
        request = self._console.ask(cell.source, note=self._noting(cell, index, run))
        moment(Moment.CELL_SENT)
        if not await self._console.follow(request, self._until()):
            run.stopped = Reason.TIMEOUT
            if not await self._interrupted(self._console.follow, request, GRACE_S):
                raise KernelLostError(Reason.TIMEOUT)
        run.answered(request)

    async def _interrupted(self, follow: Follow, request: Request, seconds: float) -> bool:
        """Interrupt the student's kernel, again and again, until ``request`` is done.

        Return whether it is within ``seconds``. One interrupt can be caught, or come where it is
        without effect, as between two calls of a test.
        """
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            await self._console.kernel.interrupt()
            if await follow(request, min(until, now + _AGAIN_S)):
                return True
        return False

    def _noting(self, cell: NotebookNode, index: int, run: CellRun) -> Callable[[Message], bool]:
        """What puts a message into the cell's outputs and says whether the kernel is idle."""

        def note(message: Message) -> bool:
            if message["msg_type"].startswith("comm") or not well_formed(message):
                return False
            if message["msg_type"] == "execute_result":
                run.results.append(str(message["content"]["data"].get("text/plain", "")))
            try:
                self.process_message(message, cell, index)
            except CellExecutionComplete:
                return True
            return False

        return note

    def _lose(self, run: CellRun, reason: Reason) -> None:
        run.stopped = reason
        self._give_up(reason)

    def _give_up(self, reason: Reason) -> None:
        """End the kernels: ``reason`` is why later cells do not run."""
        self._trace.lost = reason
        for kernel in self._kernels:
            kernel.kill()
