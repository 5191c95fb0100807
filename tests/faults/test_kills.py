"""`grader grade` with kill -9 for each of its processes, at the named moments of the pipeline.

A class of six is graded again after it was graded once and marked by hand. What must come of it is
what comes of a run that nobody disturbs: the same gradebook, results, journal and notebooks, and no
process, folder or mount left. A killed driver needs a second run for that, nobody else does.

Who can be killed when stands in ``victims.py``. A push tries a share of it, the same every time;
at night everything is tried, in a new order each round.
"""

from __future__ import annotations

import itertools
import random
import threading
from pathlib import Path

import nbformat
import psutil
import pytest

from faults.runs import Undisturbed, graded
from faults.small_class import hand_in, state
from faults.strikes import PATIENCE_S, Bench, Report, Strikes, strike
from faults.victims import (
    BELOW,
    EVERY,
    OF_DRIVER,
    OF_WORKER,
    THERE,
    Pair,
    Victim,
    alive,
    deal,
    share,
    standing,
)
from grader.moments import VARIABLE, Moment
from grader.sandbox.confine import Mechanism
from grader.sandbox.probe import probe
from recorded import Recorded
from sandboxed import none_here

ROUNDS = 2  # of a night
PUSHED = [*share(OF_WORKER), *share(OF_DRIVER)]


def hands() -> list[object]:
    """The parameters of the test of kills below the driver: what is struck in one run."""
    night = [hand for seed in range(ROUNDS) for hand in deal(seed)]
    return [
        *(pytest.param(hand, id=_name(hand)) for hand in PUSHED),
        *(
            pytest.param(hand, id=f"night-{number}-{_name(hand)}", marks=pytest.mark.nightly)
            for number, hand in enumerate(night)
        ),
    ]


def _name(hand: tuple[Pair, ...]) -> str:
    return ", ".join(f"{victim} at {moment}" for moment, victim in hand)


def test_a_run_comes_to_every_moment_and_the_class_has_every_kind_of_submission(
    undisturbed: Undisturbed,
) -> None:
    names = [report.moment for report in undisturbed.run.reports]
    assert set(names) == set(EVERY)
    assert len({r.pid for r in undisturbed.run.reports if r.moment in OF_WORKER}) == 1
    results = {one["student"]: one for one in undisturbed.state["results"]["submissions"]}
    assert {name: one["score"] for name, one in results.items()} == {
        "ada": 10, "bob": 5, "cyd": 7, "dan": 0, "eve": 2, "fay": 1.5,
    }  # fmt: skip
    assert results["dan"]["status"] == "rejected" and results["cyd"]["late_penalty"] > 0
    assert undisturbed.state["results"]["isolation"] == "examiner"


def test_the_table_says_who_is_there_at_which_moment(bench: Bench, root: Path) -> None:
    """Twice the driver and the worker wait for each other, so that kernels run beside the driver:

    while it sends the first submission, and from where it has the first result until that is
    recorded.
    """
    found: dict[Victim, set[Moment]] = {victim: set() for victim in Victim}
    come = {at: threading.Event() for at in itertools.product(EVERY, (1, 2, 3))}
    waits = {  # who waits, and for whom
        (Moment.TASK_SENT, 1): (Moment.KERNELS_STARTED, 1),
        (Moment.RESULT_TAKEN, 1): (Moment.KERNELS_STARTED, 2),
    }
    goes_on = {
        (Moment.KERNELS_STARTED, 1): (Moment.TASK_SENT, 1),
        (Moment.KERNELS_STARTED, 2): (Moment.LINE_SYNCED, 1),
    }

    def look(driver: psutil.Process, report: Report) -> None:
        at = (report.moment, report.nth)
        if at not in come:
            return
        if at in waits:
            assert come[waits[at]].wait(PATIENCE_S)
        for victim in standing(driver, report.pid):
            found[victim].add(report.moment)
        come[at].set()
        if at in goes_on:
            assert come[goes_on[at]].wait(PATIENCE_S)

    run = graded(bench, root, act=look)
    assert run.status == 0, run.ended.said
    assert found == {victim: set(moments) for victim, moments in THERE.items()}


@pytest.mark.parametrize("hand", hands())
def test_who_is_killed_below_the_driver_costs_not_even_a_second_run(
    bench: Bench, root: Path, undisturbed: Undisturbed, hand: tuple[Pair, ...]
) -> None:
    apart = Mechanism.NAMESPACES in probe().mechanisms
    if not apart and {victim for _, victim in hand} & {Victim.CANDIDATE, Victim.KEEPER}:
        none_here("without namespaces a kill from outside cannot be told from a student's own")
    kills = Strikes(*hand)
    run = graded(bench, root, act=kills)
    assert run.status == 0, run.ended.said
    assert kills.landed(), kills.left
    assert state(root) == undisturbed.state and bench.clean()


def test_every_victim_is_struck_on_a_push_and_at_every_moment_of_its_at_night() -> None:
    pushed = [victim for hand in PUSHED for _, victim in hand]
    assert sorted(pushed) == sorted(2 * BELOW)
    for seed in range(ROUNDS):
        dealt = [pair for hand in deal(seed) for pair in hand]
        assert len(dealt) == len(set(dealt))
        assert set(dealt) == {(moment, who) for who in BELOW for moment in THERE[who]}


def test_a_killed_driver_with_two_workers_leaves_nothing_and_the_next_run_goes_on(
    bench: Bench, root: Path, undisturbed: Undisturbed
) -> None:
    both = threading.Barrier(2, timeout=PATIENCE_S)
    busy: set[int] = set()
    killed: list[psutil.Process] = []

    def kill(driver: psutil.Process, report: Report) -> None:
        if report.moment is Moment.TEST_SENT and report.nth <= 2:
            busy.add(report.pid)
            if both.wait() == 0:
                strike(driver)
                killed.append(driver)
            both.wait()

    assert graded(bench, root, act=kill, workers=2).status == -9
    assert len(busy) == 2 and not bench.left() and killed and not any(map(alive, killed))
    assert graded(bench, root).status == 0
    assert state(root) == undisturbed.state and bench.clean()


@pytest.mark.parametrize("seed", range(2))
def test_a_driver_killed_at_random_leaves_no_trace_after_resuming(
    bench: Bench, root: Path, undisturbed: Undisturbed, seed: int
) -> None:
    choose = random.Random(f"faults {seed}")
    kill_the_driver(bench, root, undisturbed, choose.choice(EVERY), choose)


@pytest.mark.nightly
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("moment", EVERY)
def test_a_driver_killed_at_any_moment_leaves_no_trace_after_resuming(
    bench: Bench, root: Path, undisturbed: Undisturbed, moment: Moment, number: int
) -> None:
    kill_the_driver(bench, root, undisturbed, moment, random.Random(f"{moment} {number}"))


def kill_the_driver(
    bench: Bench, root: Path, undisturbed: Undisturbed, moment: Moment, choose: random.Random
) -> None:
    """Kill it one of the times that ``moment`` comes, then resume."""
    kills = Strikes((moment, Victim.DRIVER), skip=choose.randrange(undisturbed.times(moment)))
    assert graded(bench, root, act=kills).status == -9 and kills.landed()
    assert graded(bench, root).status == 0
    assert state(root) == undisturbed.state and bench.clean()


def test_no_student_hears_of_moments(bench: Bench, root: Path) -> None:
    course = Recorded(root)
    hand_in(course, "ada", f"import os\n\ndef double(x):\n    return 2 * x\n\n{ASKS}")
    run = graded(bench, root, "--only", "ada")
    assert run.status == 0 and run.reports  # the worker did hear of them
    kept = nbformat.read(course.kept_path("ada"), as_version=4)
    [asked] = [cell for cell in kept.cells if cell.source.endswith(ASKS)]
    assert asked.outputs[0].text == "unknown\n"


ASKS = f"print(os.environ.get({VARIABLE!r}, 'unknown'))"
