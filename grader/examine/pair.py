"""Two kernels for one notebook: the candidate runs the student's text, the examiner the tests."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from nbformat import NotebookNode

from grader.examine.boundary.failures import GRACE_S
from grader.examine.client import NotebookClient
from grader.examine.console import Console, Request
from grader.examine.kernel import Kernel, KernelLostError
from grader.examine.plan import Where
from grader.examine.schedule import Step
from grader.examine.sitting import ExaminerLostError
from grader.examine.trace import CellRun
from grader.examine.verdict import read
from grader.moments import Moment, moment
from grader.results import Reason

_SESSION = "__import__('grader.examine.boundary.examiner', fromlist=['']).get_session()"
_VERDICT = "verdict"
_SLACK_S = 0.5  # the examiner gives the candidate GRACE_S to answer, and then answers itself


class TwoKernels(NotebookClient):
    """Runs each cell where its step says, and asks the examiner what became of each test.

    The candidate's are ``kernel`` and everything that the base class does.
    """

    def __init__(
        self, *arguments: Any, examiner: Kernel, steps: tuple[Step, ...], **keywords: Any
    ) -> None:
        super().__init__(*arguments, **keywords)
        self._examiner = Console(examiner)
        self._steps = steps
        self._given: deque[tuple[Request, CellRun]] = deque()  # asked for, not yet finished

    @property
    def _kernels(self) -> tuple[Kernel, ...]:
        return (self._console.kernel, self._examiner.kernel)

    async def _run(self, cell: NotebookNode, index: int, run: CellRun) -> None:
        step = self._steps[index]
        if step.where is Where.EXAMINER:
            try:
                await self._test(cell, index, run, step)
            except ExaminerLostError as fault:
                self._trace.fault = fault
                self._lose(run, Reason.CANDIDATE_LOST)
            return
        if step.where is Where.BOTH:
            self._given.append((self._examiner.ask(step.text), run))
        await super()._run(cell, index, run)

    async def _test(self, cell: NotebookNode, index: int, run: CellRun, step: Step) -> None:
        await self._finish_given()
        until = self._until()
        seconds = max(0.0, until - time.monotonic())
        begin = f"{_SESSION}.begin({list(step.names)!r}, {list(step.given)!r}, {seconds!r})"
        begun = self._examiner.ask(begin)
        request = self._examiner.ask(step.text, note=self._noting(cell, index, run))
        ended = self._examiner.ask("", expressions={_VERDICT: f"{_SESSION}.verdict()"})
        moment(Moment.TEST_SENT)
        try:
            await self._finish(request, run, until)
            run.answered(request)
            await self._finish(ended, run, time.monotonic() + GRACE_S)
        except _ProcessEndedError:
            self._break_off(index, run, request)
            return
        if begun.status != "ok":
            raise ExaminerLostError(f"{begun.error_name}: {begun.error_value}")
        try:
            verdict = run.verdict = read(ended.expressions.get(_VERDICT))
        except ValueError as error:
            raise ExaminerLostError(str(error)) from None
        try:
            self._console.kernel.check()  # where the candidate is gone, nothing of this cell counts
            if verdict.fatal is Reason.CANDIDATE_LOST:
                self._console.kernel.check_leaving()
        except KernelLostError as lost:
            if run.status != "error" or verdict.fatal or not self._console.kernel.struck:
                raise
            self._give_up(lost.reason)  # but its failure: that must not wait for a better guess
            return
        if not verdict.idle:  # it owes an answer, or gave one that cannot be trusted
            timeout = Reason.TIMEOUT in (run.stopped, verdict.fatal)
            self._give_up(Reason.TIMEOUT if timeout else Reason.CANDIDATE_LOST)

    def _break_off(self, index: int, run: CellRun, request: Request) -> None:
        """The examiner ended in a test, for which a student's file can be the reason.

        A failure that we heard of before, or the limit, stands: neither must wait for a better
        guess.
        """
        self._trace.broken = index
        run.answered(request)
        if run.status != "error" and run.stopped is None:
            run.stopped = Reason.CANDIDATE_LOST
        self._give_up(Reason.CANDIDATE_LOST)

    async def _finish_given(self) -> None:
        """Wait until the examiner has run the given cells that it was asked to run."""
        while self._given:
            request, theirs = self._given.popleft()
            if not await self._follow(request, self._until()):
                raise ExaminerLostError("a given cell takes longer there than the limit of a cell")
            if request.status != "ok":
                if theirs.status == "ok":
                    raise ExaminerLostError(f"a given cell raised {request.error_name} there")
                theirs.failed_apart = request.error_name

    async def _finish(self, request: Request, run: CellRun, until: float) -> None:
        """Follow what may wait for the candidate, or not end by itself.

        At the limit the candidate is interrupted, and the examiner gives it ``GRACE_S`` to answer;
        what goes on then is the examiner's own code, which is interrupted too.
        """
        if await self._follow(request, until):
            return
        run.stopped = Reason.TIMEOUT
        if await self._interrupted(self._follow, request, GRACE_S + _SLACK_S):
            return
        await self._examiner.kernel.interrupt()
        if not await self._follow(request, time.monotonic() + GRACE_S):
            raise KernelLostError(Reason.TIMEOUT)

    async def _follow(self, request: Request, until: float) -> bool:
        try:
            return await self._examiner.follow(request, until)
        except KernelLostError as lost:
            if lost.reason is Reason.CANDIDATE_LOST:  # it ended, and nothing we limit ended it
                raise _ProcessEndedError("its process ended") from None
            raise


class _ProcessEndedError(ExaminerLostError):
    """The examiner's process ended."""
