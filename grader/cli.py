"""The command ``grader``: one function a verb, no logic.

What a command needs is imported when it is called: all of it together takes two seconds.

Exit status: 0 all is well and every submission has an outcome; 1 something failed through our
fault, or a check found something; 2 a bad call or configuration.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from grader import imports, outline, scratch, show
from grader.errors import GraderError
from grader.report.targets import Target
from grader.results import Isolation, Status
from grader.sandbox.parts import Sandbox

if TYPE_CHECKING:
    from grader.course import Course
    from grader.outline import Homework


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except GraderError as error:
        show.problem(error)
        sys.exit(2)
    except BrokenPipeError:
        raise  # whoever read our output has seen enough; Typer ends quietly
    except OSError as error:
        what = error.strerror or str(error)
        show.problem(
            GraderError(
                f"{error.filename}: {what}." if error.filename else f"{what}.",
                "Mend its permissions or free space on its disk, then run the command again.",
            )
        )
        sys.exit(2)
    except KeyboardInterrupt:
        show.problem(GraderError("Interrupted.", "Run the same command again to go on."))
        sys.exit(130)


class _Commands(TyperGroup):
    """The commands, with an error's words in place of its traceback.

    Inside Typer, because Typer ends the program at an interrupt without a word.
    """

    def invoke(self, ctx: Any) -> Any:
        with _plain_errors():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Commands,
    help="Release, collect and grade the homeworks of a course; give feedback; export marks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Name = Annotated[str, typer.Argument(metavar="HW", help="The homework, for example hw1_tokenizer.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[HW]...", help="Homeworks; all where none is named.")
]
CourseDir = Annotated[
    Path, typer.Option("--course", metavar="DIR", help="The course folder; any nbgrader course.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else.")]
Workers = Annotated[
    int, typer.Option(min=0, help="Worker processes; 0 is one for each processor core.")
]
HERE = Path()


@app.command()
def release(
    homeworks: Names = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only report where the release has drifted.")
    ] = False,
    course: CourseDir = HERE,
    json: Json = False,
) -> None:
    """Make the student version from the instructor's, with nbgrader, and register its tests."""
    from grader.release import make as release_step

    book = _course(course)
    step = release_step.check if check else release_step.release
    reports = [step(book, homework) for homework in _chosen(book, homeworks)]
    show.releases(reports, json=json)
    raise typer.Exit(0 if all(one.ok for one in reports) else 1)


@app.command()
def collect(
    homework: Name,
    source: Annotated[Path, typer.Argument(help="A folder, a zip, or an LMS download.")],
    received: Annotated[
        datetime | None,
        typer.Option(help="When the work came in, where the LMS does not say; else now."),
    ] = None,
    course: CourseDir = HERE,
    json: Json = False,
) -> None:
    """Bring submissions in, through the checks of intake."""
    from grader.intake.collect import collect as collect_step

    book = _course(course)
    show.collected(
        collect_step(source, book, book.homework(homework), received=received), json=json
    )


@app.command()
def grade(
    homework: Name,
    course: CourseDir = HERE,
    submitted: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Instead of the course's submitted folder.")
    ] = None,
    workers: Workers = 0,
    isolation: Annotated[
        Isolation | None,
        typer.Option(
            help="examiner: tests run in a kernel of their own; kernel: beside student code. "
            "Default: examiner where there is a course.toml."
        ),
    ] = None,
    sandbox: Annotated[
        Sandbox,
        typer.Option(
            help="require: stop where a part is missing; best: go on, marked untrusted; "
            "off: limit time and output only."
        ),
    ] = Sandbox.REQUIRE,
    only: Annotated[
        str | None, typer.Option(metavar="GRADE_ID|STUDENT", help="Grade one cell or one student.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Grade again what is already up to date.")
    ] = False,
    json: Json = False,
) -> None:
    """Grade a class. What is already graded and unchanged is not graded again."""
    from grader.warm import Nest, Warm

    scratch.sweep()
    with Nest(Warm.of(outline.homework(course, homework), workers)) as nest:
        with imports.kept():  # meanwhile the nest's go on
            from grader import grade as grade_step

        book = _course(course)
        row = book.homework(homework)
        with show.progress(quiet=json) as bar:
            graded = grade_step.grade(
                book,
                row,
                folder=submitted,
                workers=workers,
                isolation=isolation,
                sandbox=sandbox,
                only=only,
                fresh=fresh,
                started=bar.started,
                finished=bar.finished,
                nest=nest,
            )
    show.grades(graded, book.reports / row.id, json=json)
    failed = any(one.status is Status.FAILED for one in graded.results.submissions)
    raise typer.Exit(1 if failed else 0)


@app.command()
def feedback(homework: Name, course: CourseDir = HERE, json: Json = False) -> None:
    """Write an HTML page for each student."""
    from grader.report import feedback as feedback_step

    book = _course(course)
    show.paths(feedback_step.write(book, book.homework(homework)), "feedback pages", json=json)


@app.command()
def report(homework: Name, course: CourseDir = HERE, json: Json = False) -> None:
    """Write the instructor's HTML report."""
    from grader.report import instructor as report_step

    book = _course(course)
    show.paths([report_step.write(book, book.homework(homework))], "report", json=json)


@app.command()
def export(
    homework: Name,
    to: Annotated[Target, typer.Option(help="For which system.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file; else in reports/HW.")
    ] = None,
    course: CourseDir = HERE,
    json: Json = False,
) -> None:
    """Export marks from the gradebook, manual ones included."""
    from grader.report import export as export_step

    book = _course(course)
    row = book.homework(homework)
    show.exported(export_step.write(book, row, to=to, output=output), json=json)


@app.command()
def verify(
    homework: Annotated[str | None, typer.Argument(metavar="HW", help="The homework.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every homework.")] = False,
    evidence: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep every executed notebook here.")
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Keys of the tests' seeds for right answers.")
    ] = 1,
    experiment: Annotated[
        bool, typer.Option("--experiment", help="Mutants of the experiment too, which train.")
    ] = False,
    workers: Workers = 0,
    course: CourseDir = HERE,
    json: Json = False,
) -> None:
    """Grade mutants, alternatives and the untouched release: are the tests right?"""
    if (homework is None) == (not every):
        raise GraderError("Name one homework, or give --all.", "grader verify hw1_tokenizer")
    from grader import verify as verify_step

    book = _course(course)
    scratch.sweep()
    folder = book.root / "tests" / "submissions"
    rows = _chosen(book, None if every else [homework or ""])
    results = []
    for row in rows:
        cases = verify_step.verify(
            book,
            row,
            submissions=folder,
            workers=workers,
            seeds=seeds,
            experiment=experiment,
            evidence=evidence,
        )
        shown = show.verified(row.id, cases, json=json)
        results.append(verify_step.Verification(homework=row.id, cases=shown))
    if json:
        show.as_json(results)
    raise typer.Exit(0 if all(one.ok for one in results) else 1)


@app.command()
def doctor(course: CourseDir = HERE, json: Json = False) -> None:
    """Say what this machine offers, and what to do about what is missing."""
    from grader import doctor as doctor_step

    found = doctor_step.examine(_course(course))
    show.doctor(found, json=json)
    raise typer.Exit(0 if all(row.ok or not row.needed for row in found) else 1)


def _course(root: Path) -> Course:
    from grader.course import Course

    return Course.load(root)


def _chosen(course: Course, names: list[str] | None) -> list[Homework]:
    return [course.homework(name) for name in names] if names else course.homeworks


def main() -> None:
    """Run the command line."""
    app()
