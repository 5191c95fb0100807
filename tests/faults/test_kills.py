"""`grader grade` with kill -9 for each of its processes, at the named moments of the pipeline.

A class of six is graded again after it was graded once and marked by hand. What must come of it is
what comes of a run that nobody disturbs: the same gradebook, results, journal and notebooks, and no
process, folder or mount left. A killed driver needs a second run for that; a worker, a zygote and
an examiner that are killed do not.

A candidate that somebody outside kills cannot be told from one that its student's code ended, so
it costs that student the cells that follow, until the submission is graded afresh.
"""

from __future__ import annotations

import random
import threading
from pathlib import Path

import nbformat
import psutil
import pytest

from faults.runs import NIGHTLY, Undisturbed, graded
from faults.small_class import STUDENTS, hand_in, state
from faults.strikes import PATIENCE_S, Bench, Report, Strikes, Victim, strike
from grader.moments import VARIABLE, Moment
from grader.results import Reason
from recorded import Recorded

EVERY = tuple(Moment)
OF_WORKER = EVERY[EVERY.index(Moment.TASK_TAKEN) : EVERY.index(Moment.RESULT_TAKEN)]
ROUNDS = 30 if NIGHTLY else 2
RETRIED = (Victim.WORKER, Victim.NURSERY, Victim.ZYGOTE, Victim.EXAMINER)


def test_a_run_comes_to_every_moment_and_the_class_has_every_kind_of_submission(
    undisturbed: Undisturbed,
) -> None:
    names = [report.moment for report in undisturbed.run.reports]
    assert set(names) == set(Moment)
    assert len({r.pid for r in undisturbed.run.reports if r.moment in OF_WORKER}) == 1
    results = {one["student"]: one for one in undisturbed.state["results"]["submissions"]}
    assert {name: one["score"] for name, one in results.items()} == {
        "ada": 10, "bob": 5, "cyd": 7, "dan": 0, "eve": 0, "fay": 1.5,
    }  # fmt: skip
    assert results["dan"]["status"] == "rejected" and results["cyd"]["late_penalty"] > 0
    assert undisturbed.state["results"]["isolation"] == "examiner"


def test_a_worker_a_zygote_an_examiner_and_a_nursery_that_are_killed_cost_not_even_a_second_run(
    bench: Bench, root: Path, undisturbed: Undisturbed
) -> None:
    kills = Strikes(
        (Moment.RESULT_HALF_SENT, Victim.WORKER),
        (Moment.CELL_SENT, Victim.ZYGOTE),
        (Moment.TEST_SENT, Victim.EXAMINER),
        (Moment.CELL_BEGUN, Victim.NURSERY),
    )
    run = graded(bench, root, act=kills)
    assert run.status == 0, run.ended.said
    assert not kills.left
    assert state(root) == undisturbed.state and bench.clean()


@pytest.mark.nightly
@pytest.mark.parametrize("moment", OF_WORKER)
@pytest.mark.parametrize("victim", RETRIED)
def test_at_no_moment_does_such_a_kill_cost_a_second_run(
    bench: Bench, root: Path, undisturbed: Undisturbed, victim: Victim, moment: Moment
) -> None:
    kills = Strikes((moment, victim), (moment, victim))
    run = graded(bench, root, act=kills)
    assert run.status == 0, run.ended.said
    assert not kills.left or victim is not Victim.WORKER
    assert state(root) == undisturbed.state and bench.clean()


def test_a_candidate_that_is_killed_costs_its_student_until_it_is_graded_afresh(
    bench: Bench, root: Path, undisturbed: Undisturbed
) -> None:
    """Once the kernel itself is killed, once its keeper."""
    kills = Strikes((Moment.CELL_BEGUN, Victim.CANDIDATE), (Moment.CELL_BEGUN, Victim.KEEPER))
    run = graded(bench, root, act=kills)
    assert run.status == 0, run.ended.said
    assert not kills.left and bench.clean()
    found = {one["student"]: one for one in state(root)["results"]["submissions"]}
    wanted = {one["student"]: one for one in undisturbed.state["results"]["submissions"]}
    struck = [student for student in STUDENTS if found[student] != wanted[student]]
    assert len(struck) == 2  # not always the first two: the second strike waits for a record
    for student in struck:
        first, *others = [cell["reason"] for cell in found[student]["cells"]]
        assert first in (Reason.CANDIDATE_LOST, None)  # it may come at a later cell, too
        assert others == [Reason.CANDIDATE_LOST, None]
    assert graded(bench, root, "--fresh", workers=2).status == 0
    assert state(root) == undisturbed.state and bench.clean()


def test_a_killed_driver_with_two_workers_leaves_nothing_and_the_next_run_goes_on(
    bench: Bench, root: Path, undisturbed: Undisturbed
) -> None:
    both = threading.Barrier(2, timeout=PATIENCE_S)
    busy: set[int] = set()

    def kill(driver: psutil.Process, report: Report) -> None:
        if report.moment is Moment.TEST_SENT and report.nth <= 2:
            busy.add(report.pid)
            if both.wait() == 0:
                strike(driver)
            both.wait()

    assert graded(bench, root, act=kill, workers=2).status == -9
    assert len(busy) == 2 and not bench.left()
    assert graded(bench, root).status == 0
    assert state(root) == undisturbed.state and bench.clean()


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_kill_at_random_leaves_no_trace_after_resuming(
    bench: Bench, root: Path, undisturbed: Undisturbed, seed: int
) -> None:
    """Drivers most of all, as the other kills need no second run."""
    choose = random.Random(f"faults {seed}")
    victim = choose.choice([Victim.DRIVER, Victim.DRIVER, *RETRIED])
    moment = choose.choice(EVERY)
    kills = Strikes((moment, victim), skip=choose.randrange(undisturbed.times(moment)))
    first = graded(bench, root, act=kills)
    if victim is Victim.DRIVER:
        assert not kills.left and first.status == -9
        assert graded(bench, root).status == 0
    else:
        assert first.status == 0, first.ended.said
    assert state(root) == undisturbed.state and bench.clean()


@pytest.mark.nightly
@pytest.mark.parametrize("moment", Moment)
def test_a_driver_killed_at_any_moment_leaves_no_trace_after_resuming(
    bench: Bench, root: Path, undisturbed: Undisturbed, moment: Moment
) -> None:
    kills = Strikes((moment, Victim.DRIVER), skip=undisturbed.times(moment) // 2)
    assert graded(bench, root, act=kills).status == -9
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
