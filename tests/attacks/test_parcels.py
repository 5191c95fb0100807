"""Hostile archives and downloads, brought in with `grader collect` and graded with `grader grade`.

Whatever an archive holds, the work of others, their marks and every other folder stay as they are.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
import pytest

from attacks.attack import solved
from attacks.ground import BYSTANDERS, HW, Ground, ground
from attacks.parcels import BAD_MEMBERS, DAMAGES, UNPLACED, bombed, damaged, member
from attacks.siege import Left, Siege, command
from grader.intake.flags import Kind
from grader.intake.receipts import FOLDER
from grader.results import Status, SubmissionResult
from sandboxed import none_here

REFUSED, NO_SANDBOX = 2, 2  # exit statuses, of `collect` and of `grade`
POINTS = 4  # for the part that the hostile students solve
NEIGHBOUR = "bob-roe"


def identity(name: str) -> str:
    """The id of the student who sends ``name``."""
    return f"eve-{name.replace(' ', '-')}"


def moodle(name: str) -> str:
    """The folder of that student in a download from Moodle."""
    return f"Eve {name}_{sorted([*BAD_MEMBERS, *DAMAGES, 'forged time']).index(name)}"


def zipped(path: Path, members: list[tuple[Any, str]]) -> Path:
    """A zip of ``members`` at ``path``."""
    with (
        warnings.catch_warnings(action="ignore"),  # of names that it holds twice
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, text in members:
            archive.writestr(name, text)
    return path


def bad_members(notebook: str) -> Iterator[tuple[Any, str]]:
    """The members of one archive: honest notebooks, each with what is bad beside it."""
    for name, bad in BAD_MEMBERS.items():
        folder = identity(name)
        yield f"{folder}/{HW}.ipynb", notebook
        for given, text in bad:
            old = given.filename if isinstance(given, zipfile.ZipInfo) else given
            new = old.replace("jane/", f"{folder}/data/")
            yield (member(new, given.external_attr >> 16) if old is not given else new), text
    yield "eve-aside/../zzz-complete/hw/hw.ipynb", "{}"
    yield "../submitted/zzz-complete/hw/hw.ipynb", "{}"


@pytest.fixture(scope="module")
def place() -> Iterator[Ground]:
    with ground() as made:
        yield made


@pytest.fixture(scope="module")
def untouched(place: Ground) -> dict[str, str]:
    """What lies there before anything arrives."""
    place.hand_in_bystanders()
    assert command(place, "release", HW).status == 0
    return place.snapshot()


@pytest.fixture(scope="module")
def begun() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def collected(
    place: Ground, untouched: dict[str, str], begun: datetime, tmp_path_factory: Any
) -> dict[str, Left]:
    """What each call of `grader collect` did, by the archive's name."""
    folder: Path = tmp_path_factory.mktemp("parcels")
    notebook = nbformat.writes(solved(place.known, ("predict",)))
    old = zipfile.ZipInfo(f"{identity('forged time')}/{HW}.ipynb", (1999, 1, 1, 0, 0, 0))
    stamp = zipfile.ZipInfo(f"{identity('forged time')}/timestamp.txt", (1999, 1, 1, 0, 0, 0))
    archives = {
        "members": zipped(folder / "members.zip", list(bad_members(notebook))),
        "time": zipped(
            folder / "time.zip", [(old, notebook), (stamp, "1999-01-01 00:00:00 UTC\n")]
        ),
        "bomb": zipped(
            folder / "bomb.zip",
            [(f"zzz-complete/{HW}.ipynb", "{}"), (f"eve-bomb/{HW}.ipynb", notebook)],
        ),
        "cut": zipped(folder / "cut.zip", [(f"zzz-complete/{HW}.ipynb", notebook)]),
    }
    bombed(archives["bomb"])
    archives["cut"].write_bytes(archives["cut"].read_bytes()[:-40])
    for name in DAMAGES:
        path = f"{moodle(name)}_assignsubmission_file_/{HW}.ipynb"
        neighbour = f"Bob Roe_99_assignsubmission_file_/{HW}.ipynb"
        archives[name] = zipped(folder / f"{name}.zip", [(path, notebook), (neighbour, notebook)])
        damaged(archives[name], name)
    return {name: command(place, "collect", HW, str(path)) for name, path in archives.items()}


@pytest.fixture(scope="module")
def graded(place: Ground, collected: dict[str, Left]) -> Siege:
    run = command(place, "grade", HW, "--isolation", "examiner", "--sandbox", "require")
    if run.status == NO_SANDBOX:
        none_here(f"this host has no sandbox: {run.output}")
    return Siege(place, [], run, run, {})


@pytest.mark.parametrize("name", ["bomb", "cut"])
def test_an_archive_that_cannot_be_trusted_is_refused_as_a_whole(
    collected: dict[str, Left], name: str
) -> None:
    assert collected[name].status == REFUSED
    words = {"bomb": "would unpack to more than", "cut": "is not a readable zip"}
    assert words[name] in " ".join(collected[name].output.split())


def test_all_others_come_in(collected: dict[str, Left]) -> None:
    others = {name: left for name, left in collected.items() if name not in ("bomb", "cut")}
    assert {left.status for left in others.values()} == {0}, others
    assert not [left for left in collected.values() if left.processes or left.mounts]


@pytest.mark.parametrize("name", BAD_MEMBERS)
def test_a_bad_member_is_left_out_and_flagged_and_its_notebook_graded(
    graded: Siege, name: str
) -> None:
    result = graded.of(identity(name))
    assert (result.status, result.score) == (Status.GRADED, POINTS)
    folder = graded.ground.submitted / identity(name)
    brought = {path.name for path in folder.rglob("*") if path.is_file()}
    if name == "set-uid":
        assert brought == {f"{HW}.ipynb", "timestamp.txt", "b.csv"}
        assert (folder / HW / "data/b.csv").stat().st_mode & 0o7111 == 0
        return
    assert brought == {f"{HW}.ipynb", "timestamp.txt"}
    if name not in UNPLACED:
        kind = Kind.IGNORED_FILE if name == "nested" else Kind.REFUSED_FILE
        assert kind in {flag.kind for flag in result.flags}, result.flags


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_notebook_is_rejected_and_says_why(graded: Siege, name: str) -> None:
    result: SubmissionResult = graded.of(identity(name))
    assert (result.status, result.score) == (Status.REJECTED, 0)
    assert DAMAGES[name] in " ".join(flag.detail for flag in result.flags)


def test_who_shares_an_archive_with_it_is_graded(graded: Siege) -> None:
    assert graded.of(NEIGHBOUR).score == POINTS


def test_no_archive_says_when_it_came(graded: Siege, begun: datetime) -> None:
    result = graded.of(identity("forged time"))
    assert result.submitted is not None and result.submitted >= begun - timedelta(seconds=1)
    assert Kind.TIMESTAMP_IGNORED in {flag.kind for flag in result.flags}
    assert result.score == POINTS


def test_no_other_file_is_changed_or_made(graded: Siege, untouched: dict[str, str]) -> None:
    place, now = graded.ground, graded.ground.snapshot()
    assert {path for path in untouched if now.get(path) != untouched[path]} == set()
    hostile = [identity(name) for name in (*BAD_MEMBERS, *DAMAGES, "forged time", "aside")]
    mine = [place.submitted / name for name in (*hostile, NEIGHBOUR, FOLDER)]
    made = [Path(path) for path in now.keys() - untouched.keys()]
    assert [p for p in made if not any(p.is_relative_to(own) for own in mine)] == []
    evil = [p for p in place.base.rglob("*") if "evil" in p.name.casefold()]
    assert evil == [] and not Path("/tmp/evil.csv").exists()


def test_the_marks_of_others_are_theirs(graded: Siege) -> None:
    assert graded.run.status == 0, graded.run.output
    full = sum(cell.max_points for cell in graded.of("zzz-complete").cells if cell.part != "why")
    scores = {name: graded.of(name).score for name in BYSTANDERS}
    assert scores["aaa-complete"] == scores["zzz-complete"] == full
    assert scores["aaa-untouched"] == 0
    assert graded.marks() == {one.student: one.score for one in graded.results.submissions}
