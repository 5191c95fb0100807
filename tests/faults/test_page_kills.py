"""`grader feedback` and `grader report` with kill -9, at each page, before and after it is there.

Every page must be what it was or what it becomes, whole, and the same command again must make what
an undisturbed one makes. A push tries one kill of each command, at night every page is tried.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import psutil
import pytest

from faults.drivers import Drivers
from faults.runs import Undisturbed
from faults.strikes import Bench, Report, Run, strike
from faults.victims import OF_PAGES
from grader.moments import Moment
from recorded import HW

PAGES = {"feedback": 6, "report": 1}  # that the command writes for the small class
OLD = "<p>what stood here before</p>"
STRIKES = [
    (command, moment, nth)
    for command, pages in PAGES.items()
    for moment in OF_PAGES
    for nth in range(1, pages + 1)
]
PUSHED = [
    random.Random(f"pages of {command}").choice([one for one in STRIKES if one[0] == command])
    for command in PAGES
]


def pages(root: Path) -> dict[str, str]:
    """Every page below ``root``, and what a killed command left beside them."""
    found = [*root.glob("feedback/**/*"), *root.glob("reports/**/*.html*")]
    return {str(path.relative_to(root)): path.read_text() for path in found if path.is_file()}


def written(bench: Bench, root: Path, command: str) -> Run:
    """Give ``command`` and see it end well."""
    run = bench.run(command, HW, "--course", root)
    assert run.status == 0, run.ended.said
    return run


@pytest.fixture(scope="module")
def reported(
    undisturbed: Undisturbed, drivers: Drivers, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The pages of commands that nobody disturbs, which come to every moment there is."""
    root = tmp_path_factory.mktemp("reported") / "course"
    shutil.copytree(undisturbed.root, root)
    with Bench(drivers) as bench:
        for command, number in PAGES.items():
            reports = written(bench, root, command).reports
            assert [report.moment for report in reports] == [*OF_PAGES] * number
    found = pages(root)
    assert len(found) == sum(PAGES.values())
    return found


def ids(one: tuple[str, Moment, int]) -> str:
    """The name of a strike's test."""
    return f"{one[0]}, {one[1]} {one[2]}"


@pytest.mark.parametrize(
    "killed",
    [
        *(pytest.param(one, id=ids(one)) for one in PUSHED),
        *(
            pytest.param(one, id=f"night-{ids(one)}", marks=pytest.mark.nightly)
            for one in STRIKES
            if one not in PUSHED
        ),
    ],
)
def test_a_kill_leaves_whole_pages_and_the_command_again_makes_all(
    bench: Bench,
    tmp_path: Path,
    undisturbed: Undisturbed,
    reported: dict[str, str],
    killed: tuple[str, Moment, int],
) -> None:
    command, moment, nth = killed
    root = tmp_path / "course"
    shutil.copytree(undisturbed.root, root)
    for name, text in reported.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        own = name.startswith("reports") == (command == "report")
        (root / name).write_text(OLD if own else text)

    def kill(driver: psutil.Process, report: Report) -> None:
        if (report.moment, report.nth) == (moment, nth):
            strike(driver)

    assert bench.run(command, HW, "--course", root, act=kill).status == -9
    left = pages(root)
    whole = {name for name, text in left.items() if text == reported.get(name)}
    old = {name for name, text in left.items() if text == OLD}
    assert whole | old == set(reported)
    assert len(old) == PAGES[command] - nth + (moment is Moment.FILE_WRITTEN)
    parts = left.keys() - reported.keys()
    assert len(parts) == (moment is Moment.FILE_WRITTEN)
    assert all(Path(name).name.startswith(".") for name in parts)  # of no page's name
    written(bench, root, command)
    assert pages(root) == reported and bench.clean()
