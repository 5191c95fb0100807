"""What the commands print: tables for a person, JSON for a program."""

from __future__ import annotations

import json as json_module
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from grader.errors import GraderError
from grader.results import Status, SubmissionResult, Verdict

if TYPE_CHECKING:
    from grader.doctor import Finding
    from grader.grade import Graded
    from grader.intake.collect import CollectReport
    from grader.release.make import ReleaseReport
    from grader.report.export import Exported
    from grader.verify import Case

out = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
err = Console(stderr=True, highlight=False)

_ERROR = 500  # characters of an error in the table


def as_json(data: BaseModel | Sequence[BaseModel]) -> None:
    """Print one model, or a list of them, as JSON on standard output."""
    rows = (
        data.model_dump(mode="json")
        if isinstance(data, BaseModel)
        else [row.model_dump(mode="json") for row in data]
    )
    print(_visible(json_module.dumps(rows, indent=2, ensure_ascii=False)))


def problem(error: GraderError) -> None:
    """Print what is wrong and what to do, on standard error."""
    err.print(_text(f"grader: {error.message}", style="bold red"))
    if error.remedy:
        err.print(_text(error.remedy))


class Bar:
    """The progress bar over submissions."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("grading", total=None, visible=False)

    def started(self, total: int, done: int) -> None:
        """Show that ``done`` of ``total`` submissions need no work."""
        self._progress.update(self._task, total=total, completed=done, visible=True)

    def finished(self, result: SubmissionResult) -> None:
        """Advance by one submission."""
        self._progress.advance(self._task)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Bar]:
    """A progress bar on standard error; none under ``quiet``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, disable=quiet) as shown:
        yield Bar(shown)


def releases(reports: Sequence[ReleaseReport], *, json: bool) -> None:
    """What was released, which cell runs where, and what the rules found."""
    if json:
        as_json(reports)
        return
    for one in reports:
        for line in one.lines():
            out.print(line)


def collected(result: CollectReport, *, json: bool) -> None:
    """Who came in, and what was left out and why."""
    if json:
        as_json(result)
        return
    table = Table(title=f"{result.homework}: {len(result.students)} students")
    for name in ("student", "outcome", "received", "files", "left out"):
        table.add_column(name)
    for one in result.students:
        received = "" if one.received is None else one.received.isoformat(timespec="seconds")
        flags = "; ".join(f"{flag.kind}: {flag.detail}" for flag in one.flags)
        row = (one.student, one.outcome, received, ", ".join(one.files), flags)
        table.add_row(*(_text(text) for text in row))
    out.print(table)
    for name, reason in result.unplaced.items():
        out.print(_text(f"left out: {name}: {reason}"))
    if result.late_by_clock:
        out.print(
            _text(
                f"{result.late_by_clock} attempts are late by this machine's clock alone; if they "
                "arrived in time, collect again with --received."
            )
        )


def grades(graded: Graded, folder: Path, *, json: bool) -> None:
    """The class as a table, the marks that moved, and where the results are."""
    results = graded.results
    if json:
        as_json(results)
        return
    table = Table(title=f"{results.assignment}: {len(results.submissions)} submissions")
    for name in ("student", "outcome", "score", "passed", "why points were lost", "flags", "s"):
        number = name in ("score", "passed", "s")
        table.add_column(
            name, justify="right" if number else "left", no_wrap=number or name == "student"
        )
    for one in sorted(results.submissions, key=lambda row: row.student):
        table.add_row(*(_text(text) for text in _row(one)))
    out.print(table)
    for change in graded.changes:
        out.print(_text(f"changed: {change.student} {change.before:g} → {change.after:g}"))
    unseen = len(results.submissions) - graded.fresh - graded.up_to_date
    out.print(
        f"graded now {graded.fresh}, already up to date {graded.up_to_date}"
        + (f", not looked at {unseen}" if unseen else "")
        + f", in {results.wall_s:.1f} s"
    )
    if not results.trusted:
        out.print(
            _text(
                f"UNTRUSTED: isolation {results.isolation}, sandbox parts in force: "
                f"{', '.join(results.sandbox)}. Student code could have read the hidden tests.",
                style="bold red",
            )
        )
    out.print(_text(f"results: {_near(folder / 'results.json')}"))


def _row(one: SubmissionResult) -> tuple[str, ...]:
    tests = [cell for cell in one.cells if cell.verdict is not Verdict.MANUAL]
    passed = sum(cell.verdict is Verdict.PASSED for cell in tests)
    reasons: dict[str, int] = {}
    for cell in tests:
        if cell.reason is not None:
            reasons[cell.reason] = reasons.get(cell.reason, 0) + 1
    why = ", ".join(f"{name} ×{count}" for name, count in reasons.items())
    return (
        one.student,
        one.status,
        f"{one.score:g}/{one.max_score:g}",
        f"{passed}/{len(tests)}" if one.status is Status.GRADED else "",
        why if one.status is Status.GRADED else one.error[:_ERROR],
        ", ".join(sorted({flag.kind for flag in one.flags})),
        f"{one.usage.wall_s:.1f}",
    )


def paths(written: Sequence[Path], what: str, *, json: bool) -> None:
    """Where something was written."""
    if json:
        print(json_module.dumps([str(path) for path in written], indent=2))
        return
    where = written[0] if len(written) == 1 else _common(written)
    out.print(_text(f"{len(written)} {what}: {_near(where)}" if written else f"no {what}"))


def exported(result: Exported, *, json: bool) -> None:
    """Where the marks are, and which of them still wait for a person."""
    if json:
        as_json(result)
        return
    for line in result.lines():
        out.print(_text(line))


def verified(homework: str, cases: Iterable[Case], *, json: bool) -> tuple[Case, ...]:
    """Print each case as it is done; return them all."""
    kept: list[Case] = []
    for case in cases:
        kept.append(case)
        if not json:
            out.print(_case_line(case))
    if not json:
        bad = sum(not case.ok for case in kept)
        out.print(f"{homework}: {len(kept) - bad} passed, {bad} failed", style="bold")
    return tuple(kept)


def _case_line(case: Case) -> Text:
    mark = ("ok  ", "green") if case.ok else ("FAIL", "bold red")
    lost = ", ".join(case.lost) or "nothing"
    line = Text.assemble(
        mark, f" {case.kind:<11} {case.name:<32} {case.points:g}/{case.max_points:g} lost: {lost}"
    )
    if not case.ok:
        line.append(f"\n     had to lose: {', '.join(case.expected) or 'nothing'}")
        for message in case.messages:
            line.append(_visible(f"\n     {message}"))
    return line


def doctor(found: Sequence[Finding], *, json: bool) -> None:
    """The findings as a table, with the remedy for each that is not well."""
    if json:
        as_json(found)
        return
    table = Table("", "area", "what", "found", "what to do")
    for row in found:
        mark = "ok" if row.ok else ("MISSING" if row.needed else "-")
        remedy = "" if row.ok else row.remedy
        table.add_row(*(_text(text) for text in (mark, row.area, row.name, row.detail, remedy)))
    out.print(table)


def _text(text: object, style: str = "") -> Text:
    """``text`` as it may go to a terminal."""
    return Text(_visible(str(text)), style=style)


def _visible(text: str) -> str:
    """``text`` with what a terminal would act on, or nobody could see, written as in JSON."""
    return "".join(
        char if char.isprintable() or char == "\n" else json_module.dumps(char)[1:-1]
        for char in text
    )


def _common(written: Sequence[Path]) -> Path:
    return Path(os.path.commonpath(written)) if written else Path()


def _near(path: Path) -> Path:
    """``path`` relative to the current folder where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
