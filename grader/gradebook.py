"""nbgrader's gradebook, opened so that a submission is written as a whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Assignment, Gradebook, MissingEntry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from grader.course import Course
from grader.errors import GraderError
from grader.outline import Homework
from grader.template import Template, grade_id, meta, points

WAIT_S = 60.0


@contextmanager
def opened(course: Course, *, wait_s: float = WAIT_S) -> Iterator[Gradebook]:
    """The gradebook of ``course``, closed at the end.

    Every statement waits up to ``wait_s`` seconds for another program's lock. What the database
    refuses becomes a :class:`GraderError`.
    """
    url = make_url(course.db_url)
    if url.get_backend_name() == "sqlite":
        url = url.update_query_dict({"timeout": str(wait_s)})
    with _readable(course):
        with _own_programs_first():
            gradebook = Gradebook(url.render_as_string(hide_password=False), course.id)
        with gradebook:
            yield gradebook


@contextmanager
def one_commit(gradebook: Gradebook) -> Iterator[None]:
    """Make all that happens inside one transaction, although nbgrader's methods commit each.

    An error inside, or a kill, leaves the database as it was. The right to write is taken at the
    start, so that a lock held by another program is met before anything is changed.
    """
    session = gradebook.db
    commit = session.commit
    session.rollback()  # of what was only read
    if gradebook.engine.dialect.name == "sqlite":
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
    session.commit = session.flush
    try:
        with session.no_autoflush:
            yield
        commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.commit = commit


def assignment(gradebook: Gradebook, homework: Homework) -> Assignment:
    """The gradebook's row of ``homework``; raise :class:`GraderError` where it was not released."""
    try:
        return gradebook.find_assignment(homework.id)
    except MissingEntry:
        raise GraderError(
            f"The gradebook does not know {homework.id}.", f"Run: grader release {homework.id}"
        ) from None


def check_released(gradebook: Gradebook, homework: Homework, templates: Iterable[Template]) -> None:
    """Raise :class:`GraderError` where the gradebook's cells are not those of ``templates``."""
    known = {
        (notebook.name, cell.name): cell.max_score
        for notebook in assignment(gradebook, homework).notebooks
        for cell in [*notebook.grade_cells, *notebook.task_cells]
    }
    wanted = {
        (template.name, name): points(cell)
        for template in templates
        for name, cell in graded_cells(template).items()
    }
    if known != wanted:
        notebook, cell = min(set(known.items()) ^ set(wanted.items()))[0]
        raise GraderError(
            f"The gradebook and the notebooks of {homework.id} differ, first in the cell {cell} "
            f"of {notebook}.",
            f"Run: grader release {homework.id}",
        )


def set_due_date(gradebook: Gradebook, homework: Homework) -> None:
    """Let the gradebook know the due date of ``course.toml``, where there is one."""
    row = assignment(gradebook, homework)
    if homework.due is not None and row.duedate != naive(homework.due):
        row.duedate = naive(homework.due)
        gradebook.db.commit()


def graded_cells(template: Template) -> dict[str, NotebookNode]:
    """The cells of ``template`` that the gradebook has a grade for, by grade_id."""
    return {
        name: cell
        for cell in template.graded.cells
        if (name := grade_id(cell)) and (meta(cell).get("grade") or meta(cell).get("task"))
    }


def naive(moment: datetime) -> datetime:
    """``moment`` as nbgrader stores it: in UTC, without a time zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


@contextmanager
def _own_programs_first() -> Iterator[None]:
    """Let nbgrader find ``alembic`` beside the interpreter, also where PATH lacks it."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before or os.defpath])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


@contextmanager
def _readable(course: Course) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        where = make_url(course.db_url).database or course.db_url
        problem = str(error.orig).splitlines()[0]
        if "locked" in problem:
            raise GraderError(
                f"Another program keeps the gradebook {where} locked.",
                "Wait for it or close it (another nbgrader or grader command, a database browser), "
                "then run the command again: it goes on where it stopped.",
            ) from None
        raise GraderError(
            f"The gradebook {where} cannot be used: {problem}.",
            "Back the file up. If another version of nbgrader made it, run: nbgrader db upgrade. "
            "Otherwise free disk space or mend its permissions.",
        ) from None
