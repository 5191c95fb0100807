"""``results.jsonl``: one line for each submission that was recorded, the newest of a student last.

It is what a run resumes from. ``results.json`` is derived from it after every run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from coursekit.durable import sync_folder
from grader.course import Course
from grader.errors import GraderError
from grader.moments import Moment, moment
from grader.outline import Homework
from grader.record.files import write_atomic
from grader.results import (
    SCHEMA_VERSION,
    AssignmentResults,
    Isolation,
    Status,
    SubmissionResult,
)
from grader.sandbox.parts import PARTS

_VERSION = "schema_version"


class Journal:
    """The results of one homework on disk, below ``reports/<homework>``."""

    def __init__(self, course: Course, homework: Homework) -> None:
        """Read what is there; raise :class:`GraderError` where it is damaged or too new."""
        self.homework = homework
        folder = course.reports / homework.id
        self.lines = folder / "results.jsonl"
        self.summary = folder / "results.json"
        self._latest: dict[str, SubmissionResult] = {}
        self._max_score = 0.0
        for result in _read_lines(self.lines):
            self._remember(result)

    def latest(self) -> list[SubmissionResult]:
        """The newest result of every student, sorted by student."""
        return [self._latest[student] for student in sorted(self._latest)]

    def done(self, student: str, fingerprint: str) -> SubmissionResult | None:
        """The student's newest result if it is up to date: same fingerprint, and not `failed`."""
        result = self._latest.get(student)
        if result is None or result.status is Status.FAILED or result.fingerprint != fingerprint:
            return None
        return result

    def append(self, result: SubmissionResult) -> None:
        """Add ``result``; when this returns, the line is on the disk."""
        line = json.dumps({_VERSION: SCHEMA_VERSION, **result.model_dump(mode="json")}).encode()
        middle = len(line) // 2
        try:
            self.lines.parent.mkdir(parents=True, exist_ok=True)
            created = not self.lines.exists()
            with self.lines.open("r+b" if not created else "wb") as stream:
                stream.seek(_end_of_whole_lines(self.lines))
                stream.truncate()  # what a kill left of an unfinished line
                stream.write(line[:middle])
                stream.flush()
                moment(Moment.LINE_HALF_WRITTEN)
                stream.write(line[middle:] + b"\n")
                stream.flush()
                moment(Moment.LINE_WRITTEN)
                os.fsync(stream.fileno())
            if created:
                sync_folder(self.lines.parent)
        except OSError as error:
            raise GraderError(
                f"{self.lines} cannot be written: {error.strerror}.",
                "Free space on that disk or mend the file's permissions, then run the command "
                "again: it goes on where it stopped.",
            ) from None
        moment(Moment.LINE_SYNCED)
        self._remember(result)

    def summarize(
        self, students: Collection[str], *, engine: str, wall_s: float
    ) -> AssignmentResults:
        """Write ``results.json`` from the newest lines of ``students`` and return its content.

        Students of other classes, or who are gone, stay in the journal and are left out.
        """
        results = [result for result in self.latest() if result.student in students]
        common = [part for part in PARTS if all(part in result.sandbox for result in results)]
        summary = AssignmentResults(
            assignment=self.homework.id,
            max_score=self._max_score,
            engine=engine,
            isolation=_weakest(results),
            sandbox=tuple(common if results else ()),
            trusted=bool(results) and len(common) == len(PARTS),
            wall_s=wall_s,
            submissions=tuple(results),
        )
        self.write(summary)
        return summary

    def write(self, results: AssignmentResults) -> None:
        """Replace ``results.json``."""
        write_atomic(self.summary, results.model_dump_json(indent=2) + "\n")
        moment(Moment.SUMMARY_WRITTEN)

    def read(self) -> AssignmentResults:
        """The content of ``results.json``; raise :class:`GraderError` where there is none."""
        path = self.summary
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise GraderError(
                f"{self.homework.id} has not been graded: there is no {path}.",
                f"Run: grader grade {self.homework.id}",
            ) from None
        except (OSError, ValueError) as error:
            raise _damaged(path, str(error)) from None
        version = data.get(_VERSION) if isinstance(data, dict) else None
        _check_version(path, version)
        try:
            return AssignmentResults.model_validate(data)
        except ValidationError as error:
            raise _damaged(path, _first(error)) from None

    def _remember(self, result: SubmissionResult) -> None:
        self._latest[result.student] = result
        if result.status is not Status.FAILED or not self._max_score:
            self._max_score = result.max_score


def _weakest(results: Sequence[SubmissionResult]) -> Isolation:
    """The isolation that held for all: the kernel's where one was graded so, or none at all."""
    apart = results and all(result.isolation is Isolation.EXAMINER for result in results)
    return Isolation.EXAMINER if apart else Isolation.KERNEL


def _read_lines(path: Path) -> list[SubmissionResult]:
    try:
        whole = path.read_bytes()[: _end_of_whole_lines(path)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _damaged(path, str(error.strerror)) from None
    return [
        _parse(path, number, line)
        for number, line in enumerate(whole.split(b"\n"), start=1)
        if line.strip()
    ]


def _parse(path: Path, number: int, line: bytes) -> SubmissionResult:
    where = f"line {number}: "
    try:
        data: Any = json.loads(line)
    except ValueError as error:
        raise _damaged(path, f"{where}{error}") from None
    if not isinstance(data, dict):
        raise _damaged(path, f"{where}not an object")
    _check_version(path, data.pop(_VERSION, None))
    try:
        return SubmissionResult.model_validate(data)
    except ValidationError as error:
        raise _damaged(path, f"{where}{_first(error)}") from None


def _end_of_whole_lines(path: Path) -> int:
    """Bytes up to and with the last line end: what follows was cut off while it was written."""
    try:
        return path.read_bytes().rfind(b"\n") + 1
    except FileNotFoundError:
        return 0


def _check_version(path: Path, version: object) -> None:
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise GraderError(
            f"{path} was written by a newer grader (schema {version}, this one reads "
            f"{SCHEMA_VERSION}).",
            "Grade with that version, or move the file away and grade again.",
        )
    if version != SCHEMA_VERSION:
        raise _damaged(path, f"no schema version that is known here ({version!r})")


def _damaged(path: Path, problem: str) -> GraderError:
    return GraderError(
        f"{path} cannot be read: {problem}.",
        "Nothing was changed. Mend the file, or move it away and grade again: the gradebook's "
        "manual marks stay.",
    )


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{'.'.join(str(step) for step in problem['loc'])}: {problem['msg']}"
