"""Hand in attacks and bystanders as one class, grade it with the real command, look at everything.

``python tests/attacks/siege.py [NAME...]`` runs the attacks named (or all) and prints what each
one got, and every breach.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from attacks.attack import Attack, Group, attacks
from attacks.ground import BREACH, BYSTANDERS, HW, Ground, ground, is_own
from grader.results import (
    AssignmentResults,
    CellResult,
    Flag,
    Reason,
    Status,
    SubmissionResult,
    Verdict,
)

BATCH_S = 400.0
NO_SANDBOX = 2  # the exit status where a part of the sandbox cannot be had
BIN = Path(sys.executable).parent
GUARD = Path(__file__).with_name("guard.py")
# The words by which a flag names the cap that a cell hit.
STOPPED = {
    Reason.TIMEOUT: "at the time limit",
    Reason.MEMORY: "more memory than allowed",
    Reason.DISK: "more to the disk than allowed",
    Reason.OUTPUT: "printed more than allowed",
    Reason.PROCESS_LIMIT: "more processes than allowed",
}
# The words by which the result of a cell that did not run names the cap that an earlier one hit.
NAMED = {
    **STOPPED,
    Reason.TIMEOUT: "used up the time",
    Reason.CANDIDATE_LOST: "process ended",
}


@dataclass(frozen=True)
class Left:
    """What :mod:`attacks.guard` saw after a command."""

    status: int | None
    seconds: float
    processes: list[str]
    mounts: list[str]
    memory: list[str]
    output: str


@dataclass(frozen=True)
class Siege:
    """A class after grading, and the ground it was graded on."""

    ground: Ground
    attacks: list[Attack]
    run: Left
    pages: Left  # of `feedback` and `report`
    changed: dict[str, str]  # files that are not as they were, and how

    @cached_property
    def results(self) -> AssignmentResults:
        """What the grader wrote."""
        path = self.ground.course.reports / HW / "results.json"
        return AssignmentResults.model_validate_json(path.read_text())

    def of(self, student: str) -> SubmissionResult:
        """The result of ``student``."""
        return next(one for one in self.results.submissions if one.student == student)

    def breaches(self, attack: Attack) -> list[str]:
        """Every way in which ``attack`` did not have the outcome it must have."""
        try:
            got = self.of(attack.name)
        except StopIteration:
            return ["it has no result"]
        return [
            *_outcome(attack, got),
            *(f"it knew {word}" for word in self.leaks(attack.name)),
            *(f"it said: {line}" for line in self.boasts(attack.name)),
        ]

    def gains(self, attack: Attack) -> bool:
        """Whether a part that ``attack`` does not solve has points."""
        cells = self.of(attack.name).cells
        return any(cell.points and cell.part not in attack.expected.solves for cell in cells)

    def leaks(self, student: str) -> list[str]:
        """The canaries in anything that came out of the submission of ``student``, in any guise."""
        text = "\n".join(self._written(student))
        return [
            word
            for word in self.ground.canaries
            if any(form in text for form in _guises(word)) and word not in self._handed_in(student)
        ]

    def boasts(self, student: str) -> Iterator[str]:
        """What the submission says it did."""
        for text in self._said(student):
            for line in text.splitlines():
                if BREACH in line:
                    yield line.strip()[:300]

    def marks(self) -> dict[str, float | None]:
        """The scores in the gradebook, by student; raise where it is damaged."""
        with Gradebook(self.ground.course.db_url, "") as book:
            assert {one.name for one in book.assignments} == {HW}
            return {one.student.id: one.score for one in book.assignment_submissions(HW)}

    def _written(self, student: str) -> Iterator[str]:
        course = self.ground.course
        for folder in (course.autograded, course.feedback):
            for path in sorted((folder / student).rglob("*")):
                if path.is_file():
                    yield path.read_text(errors="replace")
        yield self.of(student).model_dump_json()

    def _said(self, student: str) -> Iterator[str]:
        folder = self.ground.course.autograded / student
        for path in folder.rglob("*.ipynb"):
            for cell in nbformat.read(path, as_version=4).cells:
                for output in cell.get("outputs", []):
                    yield output.get("text", "") + output.get("evalue", "")
                    yield "\n".join(output.get("traceback", []))
                    yield output.get("data", {}).get("text/plain", "")
        for cell in self.of(student).cells:
            yield cell.message

    def _handed_in(self, student: str) -> str:
        folder = self.ground.submitted / student
        return "\n".join(p.read_text(errors="replace") for p in folder.rglob("*") if is_own(p))


@contextmanager
def siege(
    chosen: Iterable[Attack], *options: str, workers: int = 2, bystanders: bool = True
) -> Iterator[Siege]:
    """Grade ``chosen`` and the bystanders with the command ``grader grade`` and ``options``."""
    with ground() as place:
        everyone = list(chosen)
        for attack in everyone:
            place.hand_in(attack)
        if bystanders:
            place.hand_in_bystanders()
        release = command(place, "release", HW)
        assert release.status == 0, release.output
        place.open_all()
        before = place.snapshot()
        run = command(place, "grade", HW, "--workers", str(workers), *options)
        changed = _differences(before, place.snapshot())
        pages = [command(place, verb, HW) for verb in ("feedback", "report")]
        last = max(pages, key=lambda page: page.status != 0)
        yield Siege(place, everyone, run, last, changed)


def command(place: Ground, *words: str) -> Left:
    """Run ``grader`` with ``words`` on the course, guarded."""
    course = place.course
    with tempfile.TemporaryDirectory() as folder:
        report, output = Path(folder) / "report", Path(folder) / "output"
        with output.open("wb") as stream:
            subprocess.run(
                [
                    *(sys.executable, os.fspath(GUARD), os.fspath(report), str(BATCH_S)),
                    *(os.fspath(BIN / "grader"), *words, "--course", os.fspath(course.root)),
                ],
                env=place.environment,
                cwd=place.base,
                stdout=stream,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                check=True,
            )
        found = json.loads(report.read_text())
        found["memory"] = [name for name in found["memory"] if place.mark in name]
        found["mounts"] = [name for name in found["mounts"] if str(place.base) in name]
        return Left(**found, output=output.read_text(errors="replace"))


def alone(options: Iterable[str]) -> dict[str, tuple[CellResult, ...]]:
    """What each bystander gets in a class without attacks."""
    with siege([], *options) as quiet:
        assert quiet.run.status == 0, quiet.run.output
        return {name: quiet.of(name).cells for name in BYSTANDERS}


def _outcome(attack: Attack, got: SubmissionResult) -> Iterator[str]:
    must = attack.expected
    if got.status is not must.status:
        yield f"its status is {got.status}, not {must.status}: {got.error}"
    kinds = {flag.kind for flag in got.flags}
    for kind in must.flags:
        if kind not in kinds:
            yield f"it has no flag {kind}, but {sorted(kinds)}"
    cells = [cell for cell in got.cells if cell.verdict is not Verdict.MANUAL]
    for cell in cells:
        if cell.points and (cell.part not in must.solves or got.status is not Status.GRADED):
            yield f"it gained {cell.points:g} points in {cell.grade_id}"
        if cell.part in must.kept and cell.points < cell.max_points:
            yield f"it lost {cell.grade_id}: {cell.reason}: {cell.message}"
        wanted = must.reasons.get(cell.grade_id)
        if wanted is not None and cell.reason not in wanted:
            yield f"{cell.grade_id}: the reason is {cell.reason} ({cell.message})"
    hit = _caps(cells, got.flags)
    if must.stopped and not (hit and hit <= {*must.stopped}):
        yield f"what stopped it is {sorted(hit)}, not {sorted(must.stopped)}"
    unknown = set(must.reasons) - {cell.grade_id for cell in cells}
    if unknown:
        yield f"no results for {sorted(unknown)}"


def _caps(cells: Iterable[CellResult], flags: Iterable[Flag]) -> set[Reason]:
    """The caps that the results name: of a cell, of a flag, or as why later cells did not run."""
    stops = [flag.detail for flag in flags if flag.kind == "stopped_cell"]
    found = {cap for cap, words in STOPPED.items() if any(words in stop for stop in stops)}
    for cell in cells:
        if cell.reason is Reason.CANDIDATE_LOST:
            found |= {cap for cap, words in NAMED.items() if words in cell.message}
        elif cell.reason in NAMED:
            found.add(cell.reason)
    return found


def _guises(word: str) -> set[str]:
    raw = word.encode()
    shifted = (base64.b64encode(b" " * shift + raw).decode() for shift in range(3))
    return {word, word[::-1], raw.hex(), *(text[4:-4] for text in shifted)}


def _differences(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    return {
        path: f"{before.get(path, 'nothing')} became {after.get(path, 'nothing')}"
        for path in {*before, *after}
        if before.get(path) != after.get(path)
    }


def main() -> None:
    """Run some attacks and print what they got."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="attacks; else all")
    parser.add_argument("--group", nargs="+", choices=list(Group), help="only these classes")
    parser.add_argument("--isolation", default="examiner")
    parser.add_argument("--sandbox", default="require")
    parser.add_argument("--alone", action="store_true", help="without bystanders")
    given = parser.parse_args()
    chosen = [
        one
        for one in attacks()
        if (not given.names or one.name in given.names)
        and (not given.group or one.group in given.group)
    ]
    options = ("--isolation", given.isolation, "--sandbox", given.sandbox)
    with siege(chosen, *options, bystanders=not given.alone) as done:
        print(done.run.output[-3000:])
        for attack in chosen:
            got = done.of(attack.name)
            print(f"{attack.group}/{attack.name}: {got.status} {got.score:g} {got.error}")
            for cell in got.cells:
                if cell.verdict is not Verdict.MANUAL:
                    reason = cell.reason or ""
                    print(f"    {cell.grade_id:18}{cell.points:4g} {reason:15} {cell.message!r}")
            for flag in got.flags:
                print(f"    flag {flag.kind}: {flag.detail}")
            for breach in done.breaches(attack):
                print(f"  !! {breach}")
        print("heard:", done.ground.ears.heard, "changed:", done.changed)
        print(done.run.status, done.run.seconds, done.run.processes, done.run.mounts)
        print("left:", sorted(map(str, (done.ground.base / "tmp").iterdir())))
        print("victim lives:", done.ground.victim.poll() is None)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
