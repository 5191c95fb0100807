"""``feedback/<student>/<homework>/<notebook>.html``: what a student gets back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from markupsafe import Markup
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from grader.course import Course
from grader.errors import GraderError
from grader.gradebook import opened
from grader.moments import Moment, moment
from grader.outline import Homework
from grader.record import autograded
from grader.record.bounds import notebook_fits
from grader.record.files import write_atomic
from grader.record.journal import Journal
from grader.record.marks import refresh, undecided
from grader.record.places import feedback_in, kept_in
from grader.report.pages import highlighted, page, picture, rendered
from grader.report.statistics import final, points
from grader.report.words import REASONS, VERDICTS
from grader.results import CellResult, Status, SubmissionResult, Verdict
from grader.template import Role, grade_id, role


@dataclass(frozen=True)
class Part:
    """One part's points: automatic or by a person, with extra credit."""

    name: str
    points: float
    max_points: float


@dataclass(frozen=True)
class Output:
    """One output of a student's cell."""

    text: str = ""
    picture: str = ""
    is_error: bool = False


@dataclass(frozen=True)
class Shown:
    """One cell as the page shows it: a heading, a test, or a cell of the student's."""

    kind: str = ""
    heading: str = ""
    name: str = ""
    grade_id: str = ""
    result: CellResult | None = None
    code: Markup | None = None
    text: Markup | None = None
    outputs: tuple[Output, ...] = ()
    comment: Markup | None = None


@dataclass(frozen=True)
class Remarks:
    """What a person wrote, and what one has yet to decide, by notebook and grade_id."""

    comments: Mapping[tuple[str, str], str]
    undecided: frozenset[tuple[str, str]]


def write(course: Course, homework: Homework) -> list[Path]:
    """Write a page for each notebook of each recorded submission; return the paths.

    Marks and comments that a person gave since are taken from the gradebook. Raises
    :class:`GraderError` where the homework has not been graded.
    """
    results = refresh(course, homework, Journal(course, homework).read())
    waiting = undecided(course, homework)
    written = []
    with opened(course) as book:
        for result in results.submissions:
            if result.status is Status.FAILED:
                continue
            folder = feedback_in(course, homework, result.student)
            remarks = Remarks(_comments(book, homework, result.student), waiting[result.student])
            for name in dict.fromkeys(cell.notebook for cell in result.cells):
                kept = _read(kept_in(course, homework, result.student) / f"{name}.ipynb")
                path = folder / f"{name}.html"
                write_atomic(path, _page(homework, result, name, kept, remarks))
                moment(Moment.PAGE_WRITTEN)
                written.append(path)
    return written


def parts(cells: Iterable[CellResult]) -> list[Part]:
    """Points by part, in the order of the notebook."""
    grouped: dict[str, list[CellResult]] = {}
    for cell in cells:
        grouped.setdefault(cell.part, []).append(cell)
    return [
        Part(name, sum(map(points, own)), sum(cell.max_points for cell in own))
        for name, own in grouped.items()
    ]


def label(cell: NotebookNode | None, name: str) -> str:
    """What the author calls the test ``cell``: its first line if a comment, else ``name``."""
    first = str(cell.source).lstrip().split("\n", 1)[0] if cell is not None else ""
    match = re.fullmatch(r"#+\s*(?!BEGIN |END )(\S.*)", first)
    return match[1].strip() if match and not first.startswith("###") else name


def _page(
    homework: Homework,
    result: SubmissionResult,
    name: str,
    kept: NotebookNode | None,
    remarks: Remarks,
) -> str:
    cells = [cell for cell in result.cells if cell.notebook == name]
    own = {cell.grade_id: cell for cell in cells}
    source = {grade_id(cell): cell for cell in kept.cells} if kept else {}
    open_cells = [cell for cell in cells if (name, cell.grade_id) in remarks.undecided]
    lost = (Verdict.FAILED, Verdict.PARTIAL, Verdict.NOT_RUN)
    graded = result.status is Status.GRADED
    return page(
        "feedback.html",
        title=homework.title or homework.id,
        student=result.student,
        notebook=name,
        result=result,
        submitted=_moment(result.submitted),
        final=final(result),
        waiting=sum(cell.max_points for cell in open_cells),
        parts=parts(cells),
        of_this=sum(map(points, cells)) if len(cells) < len(result.cells) else None,
        findings=[c for c in cells if c.verdict in lost and c.manual_points is None and graded],
        labels={name: label(source.get(name), name) for name in own},
        cells=_shown(kept, own, name, remarks.comments) if kept and graded else [],
        undecided={cell.grade_id for cell in open_cells},
        verdicts=VERDICTS,
        reasons=REASONS,
    )


def _shown(
    kept: NotebookNode,
    own: Mapping[str, CellResult],
    notebook: str,
    comments: Mapping[tuple[str, str], str],
) -> list[Shown]:
    """The notebook's cells: of the given ones, only headings."""
    language = str(kept.metadata.get("language_info", {}).get("name", "python"))
    if not notebook_fits(kept):
        language = "text"
    shown: list[Shown] = []
    for cell in kept.cells:
        name = grade_id(cell) or ""
        kind = role(cell)
        if kind is Role.TEST and name in own:
            code = highlighted(cell.source, language)
            shown.append(Shown(kind="test", grade_id=name, result=own[name], code=code))
        elif kind is Role.TASK or autograded.is_given(cell):
            shown.extend(Shown(heading=text) for text in _headings(cell))
        else:
            comment = comments.get((notebook, name), "")
            shown.append(
                Shown(
                    kind="own",
                    name="Your answer" if kind is Role.WRITTEN else name or "Your own cell",
                    result=own.get(name),
                    code=highlighted(cell.source, language) if cell.cell_type == "code" else None,
                    text=rendered(cell.source, cell.get("attachments"))
                    if cell.cell_type == "markdown"
                    else None,
                    outputs=tuple(_output(output) for output in cell.get("outputs", [])),
                    comment=rendered(comment) if comment else None,
                )
            )
    return shown


def _headings(cell: NotebookNode) -> list[str]:
    if cell.cell_type != "markdown":
        return []
    return [line.lstrip("# ").strip() for line in cell.source.splitlines() if line.startswith("#")]


def _output(output: NotebookNode) -> Output:
    if output.output_type == "stream":
        return Output(text=output.text)
    if output.output_type == "error":  # a traceback may show lines of others: the error is enough
        return Output(text=f"{output.ename}: {output.evalue}", is_error=True)
    data = output.get("data", {})
    shown = picture(data)
    return Output(text="" if shown else data.get("text/plain", ""), picture=shown)


def _comments(book: Gradebook, homework: Homework, student: str) -> dict[tuple[str, str], str]:
    return {
        (row.name, comment.cell.name): comment.comment
        for row in book.find_submission(homework.id, student).notebooks
        for comment in row.comments
        if comment.comment
    }


def _moment(submitted: datetime | None) -> str:
    if submitted is None:
        return ""
    utc = submitted.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def _read(path: Path) -> NotebookNode | None:
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        return None
    except Exception as error:  # nbformat raises whatever it likes
        raise GraderError(
            f"{path} cannot be read: {error}", "Grade this submission again with --fresh."
        ) from None
