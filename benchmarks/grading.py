"""How fast is grading? `nbgrader autograde` and `grader grade` on the same submissions.

    python benchmarks/grading.py                     # 50 submissions, about ten minutes
    python benchmarks/grading.py --nbgrader 10       # nbgrader on the first ten of them only
    python benchmarks/grading.py --scaling 50,500    # does a submission's cost stay the same?

A small homework is built in a temporary folder. It imports torch, transformers and peft and has
three tests; right and wrong submissions take turns. Every program runs once beforehand, so that
files are in memory for all. Then the order is there and back, one worker, two workers, nbgrader,
two workers, one worker, and the means of the grader's two runs are shown, so that a machine that
slows down or speeds up favours nobody. The marks of all runs must agree, else there is no table.

**Seconds a submission** is the whole command, start-up included, over the number of submissions;
the **median** is from one submission recorded to the next (with two workers, half of the time to
the next but one), which leaves the start-up out. **CPU seconds** are those of all processes the
command started, start-up included. The **cells' own time** is what the same cells take with
``exec`` in a fork of a process that has imported the preloads, the median over the notebooks; it
is taken off the seconds a submission, so that what is left includes the start-up. **Peak memory**
is of all processes together, shared pages divided among the sharers, sampled in a run of its own
on a few submissions.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from nbgrader.api import Gradebook

from grader.results import Isolation
from grader.sandbox.parts import Sandbox
from hosts import Host
from lora_homework import NAME, PRELOADS, submit, write_course
from measure import CommandFailedError, Cost, adopt_orphans, cost, counter

BIN = Path(sys.executable).parent
GRADED_LINE = b"Setting destination file permissions"  # nbgrader's last of each submission
MEMORY_SUBMISSIONS = 4
Marks = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Row:
    """One program's figures, a column of the table."""

    program: str
    submissions: int
    workers: int
    wall_s: float
    median_s: float
    cpu_s: float  # a submission
    peak_mb: float

    @property
    def each_s(self) -> float:
        """Seconds a submission, start-up included."""
        return self.wall_s / self.submissions


@dataclass(frozen=True)
class Report:
    """All that is printed."""

    host: Host
    command: str
    isolation: str
    sandbox: str
    own_s: float  # the cells' own time, median
    rows: tuple[Row, ...]
    scaling: dict[int, float]  # submissions → CPU seconds a submission


class Bench:
    """A released course in a temporary folder, and the ways to grade copies of it."""

    def __init__(self, folder: Path, submissions: int, isolation: str, sandbox: str) -> None:
        self._folder = folder
        self._mode = ("--isolation", isolation, "--sandbox", sandbox)
        self._env = os.environ | {
            "PATH": os.pathsep.join([os.fspath(BIN), os.environ["PATH"]]),
            "JUPYTER_CONFIG_DIR": os.fspath(folder / "config"),
            "IPYTHONDIR": os.fspath(folder / "ipython"),
            "HF_HUB_OFFLINE": "1",
        }
        self._course = write_course(folder / "course")
        command = [os.fspath(BIN / "nbgrader"), "generate_assignment", NAME]
        done = subprocess.run(command, cwd=self._course, env=self._env, capture_output=True)
        if done.returncode:
            raise CommandFailedError(done.stderr.decode())
        self._students = submit(self._course, submissions)
        self._runs = 0

    def nbgrader(self, number: int, *, memory: bool = False) -> tuple[Cost, Marks, Path]:
        """Autograde the first ``number`` submissions; also return the course folder."""
        course = self._copy(number)
        log = course.parent / "log"
        found = cost(
            [BIN / "nbgrader", "autograde", NAME],
            cwd=course,
            env=self._env,
            log=log,
            done=counter(log, GRADED_LINE),
            memory=memory,
        )
        return found, self._marks(course), course

    def grader(self, number: int, workers: int, *, memory: bool = False) -> tuple[Cost, Marks]:
        """Grade the first ``number`` submissions."""
        course = self._copy(number)
        found = cost(
            [BIN / "grader", "grade", NAME, *self._mode, "--workers", str(workers), "--json"],
            cwd=course,
            env=self._env,
            log=course.parent / "log",
            done=counter(course / "reports" / NAME / "results.jsonl", b"\n"),
            memory=memory,
        )
        return found, self._marks(course)

    def own_s(self, graded: Path) -> float:
        """The cells' own time, in seconds: the median over the notebooks that nbgrader ran."""
        notebooks = sorted(graded.glob(f"autograded/*/{NAME}/*.ipynb"))
        script = os.fspath(Path(__file__).with_name("cell_time.py"))
        command = [sys.executable, script, ",".join(PRELOADS), *map(os.fspath, notebooks)]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, check=True)
        seconds: list[float] = json.loads(done.stdout)
        return statistics.median(seconds)

    def _copy(self, number: int) -> Path:
        self._runs += 1
        copy = self._folder / f"run-{self._runs}" / "course"
        ignored = shutil.ignore_patterns(*self._students[number:])
        return Path(shutil.copytree(self._course, copy, ignore=ignored))

    @staticmethod
    def _marks(course: Path) -> Marks:
        with Gradebook(f"sqlite:///{course}/gradebook.db", "") as book:
            return {
                one.student.id: {g.name: g.auto_score for nb in one.notebooks for g in nb.grades}
                for one in book.assignment_submissions(NAME)
            }


def compare(bench: Bench, submissions: int, theirs: int) -> tuple[float, tuple[Row, ...]]:
    """Time all programs; return the cells' own time and the rows, nbgrader's first."""
    memory = [
        bench.nbgrader(min(MEMORY_SUBMISSIONS, theirs), memory=True)[0],
        *(bench.grader(min(MEMORY_SUBMISSIONS, submissions), n, memory=True)[0] for n in (1, 2)),
    ]
    there = [bench.grader(submissions, workers) for workers in (1, 2)]
    nbgrader, known, graded = bench.nbgrader(theirs)
    back = [bench.grader(submissions, workers) for workers in (2, 1)][::-1]
    for _, marks in (*there, *back):
        if {student: marks[student] for student in known} != known:
            raise CommandFailedError("The programs do not agree on the marks.")
    rows = [_row("nbgrader autograde", theirs, 1, nbgrader)]
    for workers, (first, _), (second, _) in zip((1, 2), there, back, strict=True):
        pair = (_row("grader grade", submissions, workers, one) for one in (first, second))
        rows.append(_mean(*pair))
    peaks = [one.peak_mb or 0.0 for one in memory]
    shown = tuple(replace(row, peak_mb=peak) for row, peak in zip(rows, peaks, strict=True))
    return bench.own_s(graded), shown


def _row(program: str, submissions: int, workers: int, found: Cost) -> Row:
    cpu_s = found.cpu_s / submissions
    return Row(program, submissions, workers, found.wall_s, found.median_s(workers), cpu_s, 0.0)


def _mean(one: Row, other: Row) -> Row:
    return replace(
        one,
        wall_s=(one.wall_s + other.wall_s) / 2,
        median_s=(one.median_s + other.median_s) / 2,
        cpu_s=(one.cpu_s + other.cpu_s) / 2,
    )


def table(report: Report) -> str:
    """The report as Markdown."""
    base = report.rows[0]
    heads = [base.program, *(_head(row) for row in report.rows[1:])]
    lines = {
        "submissions": [f"{row.submissions}" for row in report.rows],
        "whole run, s": [f"{row.wall_s:.1f}" for row in report.rows],
        "s a submission": [f"{row.each_s:.2f}" for row in report.rows],
        "median s a submission": [f"{row.median_s:.2f}" for row in report.rows],
        "**throughput, times nbgrader's**": [
            f"**{base.each_s / row.each_s:.1f}**" for row in report.rows
        ],
        "CPU s a submission": [f"{row.cpu_s:.2f}" for row in report.rows],
        "s beyond the cells' own time": [f"{row.each_s - report.own_s:.2f}" for row in report.rows],
        "peak memory, MB": [f"{row.peak_mb:.0f}" for row in report.rows],
    }
    out = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    out += [f"| {name} | {' | '.join(cells)} |" for name, cells in lines.items()]
    own = f"The cells' own time is {report.own_s:.3f} s a submission."
    mode = f"`--isolation {report.isolation} --sandbox {report.sandbox}`"
    out += ["", f"{own} {mode}. {report.host.line()} `{report.command}`"]
    if report.scaling:
        (few, little), (many, much) = sorted(report.scaling.items())
        out += [
            "",
            f"CPU seconds a submission, one worker: {little:.3f} with {few} submissions, "
            f"{much:.3f} with {many}: {much / little - 1:+.1%}.",
        ]
    return "\n".join(out)


def _head(row: Row) -> str:
    return f"{row.program}, {row.workers} worker{'s' if row.workers > 1 else ''}"


def _counts(text: str) -> list[int]:
    try:
        few, many = sorted(int(word) for word in text.split(","))
    except ValueError:
        few = many = 0
    if not 0 < few < many:
        raise typer.BadParameter("give two numbers, for example 50,500")
    return [few, many]


def main(
    submissions: Annotated[int, typer.Option(min=2, help="Submissions to grade.")] = 50,
    nbgrader: Annotated[
        int | None, typer.Option(min=2, help="Of them, how many nbgrader gets; else all.")
    ] = None,
    scaling: Annotated[
        str, typer.Option(metavar="FEW,MANY", help="CPU time a submission at two class sizes.")
    ] = "",
    isolation: Annotated[Isolation, typer.Option(help="The grader's.")] = Isolation.EXAMINER,
    sandbox: Annotated[Sandbox, typer.Option(help="The grader's.")] = Sandbox.REQUIRE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON in place of text.")] = False,
) -> None:
    """Time nbgrader and the grader on the same submissions and print a Markdown table."""
    adopt_orphans()
    sizes = _counts(scaling) if scaling else []
    host = Host.here()
    with tempfile.TemporaryDirectory(prefix="grading-") as folder:
        bench = Bench(Path(folder), max(submissions, *sizes, 0), isolation, sandbox)
        try:
            own_s, rows = compare(bench, submissions, min(nbgrader or submissions, submissions))
            costs = {size: bench.grader(size, 1)[0].cpu_s / size for size in sizes}
        except CommandFailedError as error:
            typer.echo(f"{error}", err=True)
            raise typer.Exit(1) from None
    command = " ".join(["python", "benchmarks/grading.py", *sys.argv[1:]])
    report = Report(host, command, isolation, sandbox, own_s, rows, costs)
    typer.echo(json.dumps(asdict(report), indent=2) if as_json else table(report))


if __name__ == "__main__":
    typer.run(main)
