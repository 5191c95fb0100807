"""From the instructor's notebooks to what students get, and whether the two still agree.

nbgrader's own ``generate_assignment`` makes the release and fills the gradebook. It works in a
staging folder, so that a release that fails leaves the last good one where it is, and what it
made is compared with the grader's own conversion before a byte of it is handed out.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files, parse_utc
from pydantic import BaseModel, ConfigDict
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from traitlets.config import Config

from grader import versions
from grader.course import Course
from grader.errors import GraderError
from grader.examine import plan
from grader.gradebook import opened
from grader.outline import Homework
from grader.release import drift
from grader.release.drift import Drift
from grader.release.regrade import refuse_changed_cells
from grader.release.rules import check as rules
from grader.release.rules import structure
from grader.release.rules.finding import Finding, Severity
from grader.template import Template


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NotebookSummary(_Row):
    """One notebook of a release: its cells, its points, and which cell runs where."""

    name: str
    cells: int
    points: float
    plan: plan.Plan


class ReleaseReport(_Row):
    """What :func:`release` did, or what :func:`check` saw."""

    homework: str
    written: tuple[str, ...] = ()  # files that changed, relative to the release folder
    submissions: int = 0  # in the gradebook already; they should be graded again
    notebooks: tuple[NotebookSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    drift: tuple[Drift, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a release."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def ok(self) -> bool:
        """Whether there is neither drift nor a finding that stops a release."""
        return not self.drift and not self.errors

    def lines(self) -> Iterator[RenderableType]:
        """The report for a person: which cell runs where, the findings, what changed or drifted."""
        for notebook in self.notebooks:
            table = Table(title=f"{notebook.name}: {notebook.points:g} points")
            for head in ("cell", "role", "runs in", "because", "the candidate's names it uses"):
                table.add_column(head)
            for cell in notebook.plan.cells:
                because = "" if cell.why == cell.role else cell.why
                row = (cell.cell, cell.role, cell.where, because, ", ".join(cell.uses))
                table.add_row(*map(Text, row))
            yield table
        for one in self.findings:
            style = "bold red" if one.severity is Severity.ERROR else "yellow"
            head = f"{one.severity} [{one.rule}] {_place(one)}: "
            yield Text.assemble((head, style), f"{one.message} {one.remedy}")
        for gone in self.drift:
            where = f"{gone.file}, cell {gone.cell}" if gone.cell else gone.file
            yield Text(f"drift in {self.homework}: {where}: {gone.what}", style="bold red")
        for name in self.written:
            yield Text(f"{self.homework}: wrote {name}")
        if not self.written and self.ok:
            yield Text(f"{self.homework}: the release is up to date")
        if self.written and self.submissions:
            yield Text(
                f"{self.submissions} submissions were graded against the release before this one. "
                f"Run: grader grade {self.homework}",
                style="yellow",
            )


class ReleaseRefusedError(GraderError):
    """The notebooks break a rule of the examination; nothing was written."""

    def __init__(self, report: ReleaseReport) -> None:
        lines = [f"{_place(one)}: {one.message} {one.remedy}" for one in report.errors]
        super().__init__(
            f"{report.homework} cannot be released:\n" + "\n".join(f"  {line}" for line in lines),
            "Mend the cells named and release again.",
        )
        self.report = report


def release(course: Course, homework: Homework) -> ReleaseReport:
    """Make the students' version of ``homework`` and put its cells and due date in the gradebook.

    Safe to repeat, also after submissions were graded, as long as no graded, solution or locked
    cell was added, removed or renamed since. Raises :class:`ReleaseRefusedError` where a rule is
    broken and :class:`GraderError` where nbgrader cannot make the release; both leave the folder
    as it was.
    """
    report, fresh = _inspect(course, homework)
    if report.errors:
        raise ReleaseRefusedError(report)
    files = _files(course, homework, fresh)
    _refuse_leaks(course, fresh)
    with opened(course) as book:
        submissions = refuse_changed_cells(book, homework, fresh)
    with TemporaryDirectory() as staging:
        made = _generate(course, homework, Path(staging).resolve())
        _compare(made, fresh)
    if course.has_outline:
        with opened(course) as book:
            book.update_or_create_assignment(homework.id, duedate=parse_utc(homework.due))
    written = _replace(_folder(course, course.release, homework), files)
    return report.model_copy(update={"written": written, "submissions": submissions})


def check(course: Course, homework: Homework) -> ReleaseReport:
    """Compare the release folder with a fresh conversion, without touching anything."""
    report, fresh = _inspect(course, homework)
    notebooks = {f"{t.name}.ipynb": t.released for t in fresh}
    folder = _folder(course, course.release, homework)
    found = drift.compare(folder, _files(course, homework, fresh), notebooks)
    return report.model_copy(update={"drift": tuple(found)})


def text(nb: NotebookNode) -> str:
    """A notebook as the file that is handed out: nbformat's own layout, one newline at the end."""
    return str(nbformat.writes(nb)).rstrip("\n") + "\n"


def _place(finding: Finding) -> str:
    return f"{finding.notebook}, cell {finding.cell}" if finding.cell else finding.notebook


def _folder(course: Course, step: Path, homework: Homework) -> Path:
    directory = CourseDirectory(config=course.config)
    return Path(os.path.normpath(directory.format_path(str(step), ".", homework.id)))


def _inspect(course: Course, homework: Homework) -> tuple[ReleaseReport, list[Template]]:
    paths = course.notebooks(homework)
    try:
        fresh = [versions.load(path, course.config) for path in paths]
    except GraderError as error:
        # The file itself may tell which cell it is; nbgrader does not.
        broken = tuple(one for path in paths for one in structure.check(path, course.config))
        if not broken:
            raise
        raise ReleaseRefusedError(ReleaseReport(homework=homework.id, findings=broken)) from error
    findings = rules.findings(fresh, paths, homework, course.config, outline=course.has_outline)
    notebooks = tuple(
        NotebookSummary(
            name=t.name, cells=len(t.graded.cells), points=t.max_score, plan=plan.make(t)
        )
        for t in fresh
    )
    return ReleaseReport(homework=homework.id, notebooks=notebooks, findings=findings), fresh


def _files(course: Course, homework: Homework, fresh: list[Template]) -> dict[str, bytes]:
    """Everything that is handed out: relative path with ``/`` → content."""
    source = _folder(course, course.source, homework)
    ignore = [*CourseDirectory(config=course.config).ignore, "*.ipynb"]
    files = {f"{t.name}.ipynb": text(t.released).encode() for t in fresh}
    for found in sorted(find_all_files(str(source), ignore)):
        name = Path(found).relative_to(source).as_posix()
        if course.has_outline and name not in homework.files:
            raise GraderError(
                f"{Path(found).relative_to(course.root)} would be handed out with {homework.id}.",
                f"Move it out of {course.source.name}/, or list it in `files` of {homework.id} in "
                "course.toml.",
            )
        files[name] = Path(found).read_bytes()
    return files


def _refuse_leaks(course: Course, fresh: list[Template]) -> None:
    for t in fresh:
        leaks = structure.leaks(t, course.config)
        if leaks:
            raise GraderError(
                f"{t.name}: the release would show what is hidden: {'; '.join(leaks)}.",
                "Take it out of the notebook's metadata and attachments.",
            )


class _Errors(logging.Handler):
    """Keeps what nbgrader logs as an error, for a message that a person can use."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage().strip()
        if said:
            self.lines.append(said.splitlines()[-1])  # of a traceback, the error itself


def _generate(course: Course, homework: Homework, staging: Path) -> Path:
    """Let nbgrader convert ``homework`` into ``staging`` and return the folder it wrote."""
    config = Config()
    config.merge(course.config)
    config.CourseDirectory.release_directory = str(staging)
    config.CourseDirectory.assignment_id = homework.id
    config.CourseDirectory.notebook_id = "*"
    errors = _Errors()
    log = logging.Logger("grader.release")
    log.addHandler(errors)
    directory = CourseDirectory(config=config, log=log)
    try:
        GenerateAssignment(coursedir=directory, config=config, log=log).start()
    except Exception as error:  # nbgrader and the course's own settings raise what they like
        said = "; ".join(dict.fromkeys(errors.lines)) or str(error)
        raise GraderError(
            f"nbgrader could not release {homework.id}: {said}",
            "Mend what it names and release again.",
        ) from error
    return Path(os.path.normpath(directory.format_path(str(staging), ".", homework.id)))


def _compare(made: Path, fresh: list[Template]) -> None:
    """Raise where nbgrader's release is not the grader's own conversion of the same notebook."""
    for t in fresh:
        if (made / f"{t.name}.ipynb").read_text(encoding="utf-8") != text(t.released):
            raise GraderError(
                f"nbgrader's release of {t.name} differs from what the grader would grade.",
                "Take the settings of GenerateAssignment and of exporters out of "
                "nbgrader_config.py.",
            )


def _replace(folder: Path, files: dict[str, bytes]) -> tuple[str, ...]:
    """Make ``folder`` hold exactly ``files`` and return the names that changed."""
    changed = []
    try:
        for name in drift.present(folder):
            if name not in files:
                (folder / name).unlink()
                changed.append(name)
        for name, content in files.items():
            path = folder / name
            if path.is_file() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(path.name + ".part")
            partial.write_bytes(content)
            partial.replace(path)
            changed.append(name)
    except OSError as error:
        raise GraderError(
            f"{folder} cannot be written: {error.strerror}.",
            "Free space on that disk or mend the folder's permissions, then release again.",
        ) from None
    return tuple(sorted(changed))
