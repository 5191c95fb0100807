"""The papermill engine `grader-kernel`: one kernel, every cell, nothing waited for without end.

``papermill --engine grader-kernel in.ipynb out.ipynb`` runs a notebook with it; the grader calls
it through papermill as well (see :mod:`grader.examine.run`). It differs from papermill's own in
that an error stops no later cell, and that time, memory, processes, disk and output are limited.
What is known of each cell's run comes from the kernel's reply to that very request and is kept in
a :class:`Trace`; outputs are for people.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager

from grader.course import Limits
from grader.examine.channels import Message, OutputLimitError
from grader.examine.kernel import LOOK_S, Kernel, KernelLostError, passed_on
from grader.examine.outputs import merge_streams, well_formed
from grader.results import Reason, Usage

NAME = "grader-kernel"
START_S = 60.0
GRACE_S = 2.0  # from the interrupt at a cell's limit until the kernel is killed
IDLE_S = 10.0  # from the reply until the last output has to be here


@dataclass
class CellRun:
    """What the kernel said of one cell. ``status`` is its reply's, empty where none came."""

    status: str = ""
    error_name: str = ""
    error_value: str = ""
    results: list[str] = field(default_factory=list)  # texts of execute_result messages
    stopped: Reason | None = None  # why we, or the kernel's death, ended the cell


@dataclass
class Trace:
    """The run of a notebook: its code cells by index, those never sent to the kernel left out."""

    cells: dict[int, CellRun] = field(default_factory=dict)
    lost: Reason | None = None  # why the kernel ended before the notebook did
    usage: Usage = field(default_factory=Usage)


class KernelClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Runs a notebook's cells in one limited kernel and writes ``trace``."""

    def __init__(
        self,
        nb_man: NotebookExecutionManager,
        *,
        limits: Limits,
        workdir: Path,
        env: Mapping[str, str],
        watched: bool,
        trace: Trace,
        **kw: Any,
    ) -> None:
        super().__init__(nb_man, record_timing=False, store_widget_state=False, **kw)
        self._limits = limits
        self._trace = trace
        self._kernel = Kernel(limits=limits, workdir=workdir, env=env, watched=watched)
        self._ends = 0.0

    def execute(self, **kwargs: Any) -> NotebookNode:
        """Start the kernel, run every cell, end the kernel. Raises ``KernelStartError``."""
        self.reset_execution_trackers()
        try:
            info = run_sync(self._kernel.start)(self.startup_timeout)
            self.nb.metadata["language_info"] = info.get("language_info", {})
            self._ends = time.monotonic() + self._limits.total_s
            self.papermill_execute_cells()
        finally:
            self._kernel.end()
            self._trace.usage = self._kernel.usage
        return self.nb

    def papermill_execute_cells(self) -> None:
        """Run every code cell, until the kernel is lost or the notebook's time is used up."""
        for index, cell in enumerate(self.nb.cells):
            if self._trace.lost:
                return
            self.nb_man.cell_start(cell, index)
            try:
                if cell.cell_type == "code":
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
        try:
            await self._run(cell, cell_index, run)
        except OutputLimitError:
            self._lose(run, Reason.OUTPUT)
        except KernelLostError as lost:
            self._lose(run, lost.reason)
        if run.stopped is None and time.monotonic() >= self._ends:
            self._trace.lost = Reason.TIMEOUT
        cell.outputs = merge_streams(cell.outputs)
        if run.stopped:
            cell.outputs.append(new_output("error", ename=run.stopped.name, evalue="stopped"))
        if run.stopped or run.status != "ok":
            self.nb_man.cell_exception(cell, cell_index=cell_index)
        return cell

    execute_cell = run_sync(async_execute_cell)

    async def _run(self, cell: NotebookNode, index: int, run: CellRun) -> None:
        request = self._kernel.execute(cell.source)
        until = min(time.monotonic() + self._limits.cell_s, self._ends)
        if await self._follow(request, cell, index, run, until):
            return
        run.stopped = Reason.TIMEOUT
        await self._kernel.interrupt()
        until = time.monotonic() + GRACE_S
        if not await self._follow(request, cell, index, run, until):
            raise KernelLostError(Reason.TIMEOUT)
        if time.monotonic() >= self._ends:
            self._trace.lost = Reason.TIMEOUT

    async def _follow(
        self, request: str, cell: NotebookNode, index: int, run: CellRun, until: float
    ) -> bool:
        """Take messages until the request is answered and the kernel idle, or ``until``.

        Once it is answered, the last output has ``IDLE_S`` to arrive.
        """
        channels = self._kernel.channels
        idle = False
        while True:
            for channel, message in await channels.take():
                if message["parent_header"].get("msg_id") != request:
                    continue
                if channel == "shell" and not run.status:
                    _note_reply(run, message)
                    until = time.monotonic() + IDLE_S
                elif channel == "iopub":
                    idle = self._note_output(message, cell, index, run) or idle
            if run.status and idle:
                return True
            now = time.monotonic()
            if now >= until:
                if run.status:
                    raise KernelLostError(Reason.CANDIDATE_LOST)
                return False
            if not await channels.wait(min(until, now + LOOK_S)):
                self._kernel.check()

    def _note_output(self, message: Message, cell: NotebookNode, index: int, run: CellRun) -> bool:
        """Put a message into the cell's outputs; say whether it tells that the kernel is idle."""
        if message["msg_type"].startswith("comm") or not well_formed(message):
            return False
        if message["msg_type"] == "execute_result":
            run.results.append(str(message["content"]["data"].get("text/plain", "")))
        try:
            self.process_message(message, cell, index)
        except CellExecutionComplete:
            return True
        return False

    def _lose(self, run: CellRun, reason: Reason) -> None:
        run.stopped = self._trace.lost = reason
        self._kernel.kill()


def _note_reply(run: CellRun, message: Message) -> None:
    content = message["content"]
    run.status = str(content.get("status") or "none")
    run.error_name = str(content.get("ename", ""))
    run.error_value = str(content.get("evalue", ""))


class KernelEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """papermill's way to :class:`KernelClient`."""

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
        limits: Limits | None = None,
        workdir: Path | None = None,
        env: Mapping[str, str] | None = None,
        watched: bool = True,
        trace: Trace | None = None,
        **_: Any,
    ) -> NotebookNode:
        """Run the notebook of ``nb_man``.

        The kernel is this Python's, whatever ``kernel_name`` says. ``execution_timeout`` is
        seconds for a cell, where papermill's caller gives it. ``limits`` default to the course's,
        ``workdir`` to the current folder, ``env`` to what may be passed on of our environment.
        """
        limits = limits or Limits()
        if execution_timeout:
            limits = limits.model_copy(update={"cell_s": execution_timeout})
        client = KernelClient(
            nb_man,
            limits=limits,
            workdir=workdir or Path.cwd(),
            env=passed_on(os.environ) if env is None else env,
            watched=watched,
            trace=trace or Trace(),
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
            startup_timeout=int(start_timeout),
        )
        return client.execute()
