"""Every attack has the outcome it must have, and nothing and nobody else feels it.

All attacks are graded as one class by the real command, under the two-kernel examination with all
parts of the sandbox, between submissions that do nothing wrong.
"""

from __future__ import annotations

from collections import Counter

import pytest

from attacks.attack import Attack, Group, attacks, by_name
from attacks.ground import BYSTANDERS, HW
from attacks.markup import formgraded, more, most
from attacks.siege import BATCH_S, Siege, alone
from grader.results import CellResult, Status, Verdict

ALL = attacks()
OPTIONS = ("--isolation", "examiner", "--sandbox", "require")


@pytest.fixture(scope="module")
def in_peace(besieged: Siege) -> dict[str, tuple[CellResult, ...]]:
    return alone(OPTIONS)


@pytest.mark.parametrize("attack", ALL, ids=by_name)
def test_an_attack_gains_nothing_learns_nothing_and_does_nothing(
    besieged: Siege, attack: Attack
) -> None:
    assert besieged.breaches(attack) == []


@pytest.fixture(scope="module")
def innocent(besieged: Siege) -> Counter[str]:
    """What acts in the pages of work that does nothing wrong."""
    course = besieged.ground.course
    pages = [
        *(formgraded(course.autograded / name / HW / f"{HW}.ipynb") for name in BYSTANDERS),
        *((course.feedback / name / HW / f"{HW}.html").read_text() for name in BYSTANDERS),
    ]
    return most(pages)


@pytest.mark.parametrize("attack", ALL, ids=by_name)
def test_nothing_of_an_attack_acts_in_formgrader(
    besieged: Siege, innocent: Counter[str], attack: Attack
) -> None:
    kept = besieged.ground.course.autograded / attack.name / HW / f"{HW}.ipynb"
    assert more(formgraded(kept), than=innocent) == []


@pytest.mark.parametrize("attack", ALL, ids=by_name)
def test_nothing_of_an_attack_acts_in_the_feedback(
    besieged: Siege, innocent: Counter[str], attack: Attack
) -> None:
    page = besieged.ground.course.feedback / attack.name / HW / f"{HW}.html"
    assert more(page.read_text(), than=innocent) == []


def test_the_instructors_report_holds_nothing_that_acts_but_its_own_picture(
    besieged: Siege,
) -> None:
    [report] = (besieged.ground.course.reports / HW).glob("*.html")
    assert set(more(report.read_text(), than=Counter())) <= {"<meta>", "<style>", "<svg>"}
    assert "\x1b" not in report.read_text() and "\0" not in report.read_text()


@pytest.mark.parametrize("student", BYSTANDERS)
def test_a_bystander_gets_among_attacks_what_it_gets_alone(
    besieged: Siege, in_peace: dict[str, tuple[CellResult, ...]], student: str
) -> None:
    assert besieged.of(student).status is Status.GRADED
    assert besieged.of(student).cells == in_peace[student]
    assert not besieged.leaks(student)


def test_honest_work_gets_all_points_and_stubs_none(besieged: Siege) -> None:
    for student, parts in BYSTANDERS.items():
        for cell in besieged.of(student).cells:
            if cell.verdict is Verdict.MANUAL:
                continue
            solved = parts is None or cell.part in parts
            rough = 3.5 if student == "zzz-rough" and cell.part == "predict" else 0
            assert cell.points == (cell.max_points if solved else rough), (student, cell)


def test_the_batch_ends_well_and_in_time(besieged: Siege) -> None:
    assert besieged.run.status == 0, besieged.run.output
    assert besieged.run.seconds < BATCH_S
    assert besieged.pages.status == 0, besieged.pages.output
    assert len(besieged.results.submissions) == len(ALL) + len(BYSTANDERS)
    assert not [one for one in besieged.results.submissions if one.status is Status.FAILED]


def test_the_gradebook_holds_what_the_results_say_and_nothing_else(besieged: Siege) -> None:
    assert besieged.marks() == {one.student: one.score for one in besieged.results.submissions}


def test_no_file_of_anybodys_is_changed(besieged: Siege) -> None:
    assert besieged.changed == {}


def test_nothing_is_left_behind(besieged: Siege) -> None:
    assert besieged.run.processes == []
    assert besieged.run.mounts == []
    assert besieged.run.memory == []
    assert sorted((besieged.ground.base / "tmp").iterdir()) == []


def test_nobody_outside_is_called_or_killed(besieged: Siege) -> None:
    assert besieged.ground.ears.heard == []
    assert besieged.ground.victim.poll() is None


def test_every_class_of_attacks_is_there() -> None:
    assert {attack.group for attack in ALL} == set(Group)


def test_every_attack_on_resources_says_which_cap_stops_it_or_what_it_keeps() -> None:
    resources = [attack for attack in ALL if attack.group is Group.RESOURCES]
    said = [attack for attack in resources if attack.expected.stopped or attack.expected.kept]
    assert said == resources
