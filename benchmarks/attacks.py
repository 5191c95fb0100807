"""What attacks gain: `nbgrader autograde` and `grader grade` on the same hostile submissions.

    python benchmarks/attacks.py                       # every attack, about ten minutes
    python benchmarks/attacks.py --group files --json  # one class of them, as data

The submissions are those of ``tests/attacks``. nbgrader runs them one to a call, in a jail that is
thrown away (see ``jail.py``), because nothing else would keep them from this machine; in it
nbgrader, its gradebook and student code live together, as in life. The grader runs them as one
class, under ``--isolation examiner`` and, for comparison, under ``--isolation kernel``.

The exit status is 1 where, under ``--isolation examiner`` with all parts of the sandbox required,
an attack gained a point or did anything else that none may do, and 0 otherwise.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

HERE = Path(__file__).resolve().parent
sys.path.insert(0, os.fspath(HERE.parent / "tests"))

from attacks.attack import Attack, Group  # noqa: E402
from attacks.attack import attacks as all_attacks  # noqa: E402
from attacks.ground import HW, Ground, ground  # noqa: E402
from attacks.siege import Siege, command, siege  # noqa: E402
from coursekit.assets import cache  # noqa: E402
from grader import template  # noqa: E402
from grader.results import Isolation, Status, Verdict  # noqa: E402
from grader.sandbox.parts import Sandbox  # noqa: E402
from grader.sandbox.view import read_only  # noqa: E402

BYSTANDER = "zzz-complete"
JAIL_S = 50.0
JAIL_MB = 3000.0
JAILS = 2
MOST_SHOWN = 120


@dataclass(frozen=True)
class Got:
    """What one attack got from one program. ``points`` is None where it was not run."""

    points: float | None
    events: tuple[str, ...] = ()  # what else happened, in a few words each
    gained: bool = False  # points that the same work without the attack would not have
    broke: bool = False  # it had an outcome that the grader says no attack has


@dataclass
class Row:
    """One attack, and what came of it under each program."""

    name: str
    group: Group
    about: str
    honest: float  # points that the honest work in it is worth
    got: dict[str, Got] = field(default_factory=dict)


def under_nbgrader(chosen: list[Attack]) -> Iterator[tuple[Attack, Got]]:
    """Run each attack through ``nbgrader autograde``, in a jail of its own."""
    with ground() as place, tempfile.TemporaryDirectory(prefix="jails-") as folder:
        place.hand_in_bystanders()
        release = command(place, "release", HW)
        assert release.status == 0, release.output
        with ThreadPoolExecutor(JAILS) as pool:
            yield from pool.map(lambda one: (one, _jailed(one, place, Path(folder))), chosen)


def _jailed(attack: Attack, place: Ground, folder: Path) -> Got:
    if attack.expected.unsafe:
        return Got(None, (f"not run: {attack.expected.unsafe}",))
    own = folder / attack.name
    inside = own / "inside"
    course = inside / "course"
    shutil.copytree(place.course.root, course, ignore=shutil.ignore_patterns("submitted"))
    shutil.copytree(place.submitted / BYSTANDER, course / "submitted" / BYSTANDER)
    (inside / "bait").mkdir()
    shutil.copy(place.bait / "secret.txt", inside / "bait")
    shutil.copy(HERE / "autograde_inside.py", inside)
    handed_in = course / "submitted" / attack.name / HW
    handed_in.mkdir(parents=True)
    attack.build(handed_in, place.known, attack.expected)
    spec = {
        "folder": os.fspath(inside),
        "out": os.fspath(own),
        "command": [sys.executable, "autograde_inside.py", attack.name, place.mark],
        "read_only": [os.fspath(path) for path in read_only(cache.folder())],
        "seconds": JAIL_S,
        "memory_mb": JAIL_MB,
    }
    (own / "spec.json").write_text(json.dumps(spec))
    run = subprocess.run(
        [sys.executable, HERE / "jail.py", own / "spec.json"], capture_output=True, text=True
    )
    report = own / "report.json"
    if not report.is_file():
        return Got(None, (f"the jail failed: {run.stderr[-300:]}",))
    got = _judged(attack, json.loads(report.read_text()), place)
    shutil.rmtree(own, ignore_errors=True)
    return got


def _judged(attack: Attack, report: dict[str, Any], place: Ground) -> Got:
    cells: dict[str, float] = report.get("cells", {})
    gained = any(
        value > 0 and template.part(name) not in attack.expected.solves
        for name, value in cells.items()
        if template.part(name) != "why"
    )
    events = []
    if report["ended"] != "by itself":
        events.append(f"ended by the jail: {report['ended']}")
    elif report.get("status") is None:
        events.append("hung")
    elif report["status"] != 0:
        events.append(f"nbgrader ended with {report['status']}, nothing graded")
    if "gradebook" in report:
        events.append(f"gradebook {report['gradebook']}")
    if report.get("known"):
        events.append(f"knew {len(report['known'])} secrets")
    events += report.get("boasts", [])[:2]
    events += [f"changed {what}" for what in report.get("changed", [])]
    events += [f"called {what}" for what in report.get("heard", [])]
    if report.get("left"):
        events.append(f"left {report['left']} processes")
    if report.get("killed"):
        events.append("killed a process of the instructor's")
    return Got(sum(cells.values()), tuple(events), gained)


def under_grader(
    chosen: list[Attack], isolation: Isolation, sandbox: Sandbox
) -> Iterator[tuple[Attack, Got]]:
    """Run all attacks as one class through ``grader grade``."""
    with siege(chosen, "--isolation", isolation, "--sandbox", sandbox) as done:
        if done.run.status not in (0, 1):
            raise typer.BadParameter(done.run.output)
        felt = _felt(done)
        for one in felt:
            print(f"{isolation}: {one}", file=sys.stderr)
        for attack in chosen:
            got = _seen(done, attack)
            yield attack, replace(got, broke=bool(felt or done.breaches(attack)))


def _felt(done: Siege) -> list[str]:
    """What the class as a whole did to others; no attack of it can be named for that."""
    found = [f"changed {path}" for path in done.changed]
    found += [f"called {ear}" for ear in done.ground.ears.heard]
    found += [f"left {line}" for line in (*done.run.processes, *done.run.mounts, *done.run.memory)]
    if done.ground.victim.poll() is not None:
        found.append("killed a process of the instructor's")
    return found


def _seen(done: Siege, attack: Attack) -> Got:
    got = done.of(attack.name)
    cells = [cell for cell in got.cells if cell.verdict is not Verdict.MANUAL]
    events = [] if got.status is Status.GRADED else [f"{got.status}"]
    if known := done.leaks(attack.name):
        events.append(f"knew {len(known)} secrets")
    events += list(done.boasts(attack.name))[:2]
    return Got(sum(cell.points for cell in cells), tuple(events), done.gains(attack))


def honest_points(attack: Attack, place: Ground) -> float:
    """What the honest work in ``attack`` is worth."""
    return sum(
        template.points(cell)
        for cell in place.known.graded.cells
        if template.part(template.grade_id(cell) or "") in attack.expected.solves
    )


def table(rows: Iterable[Row], programs: list[str]) -> Iterator[str]:
    """The rows as a Markdown table, points that were gained in bold."""
    yield f"| attack | honest | {' | '.join(programs)} | what else happened |"
    yield f"|---|---|{'---|' * len(programs)}---|"
    for row in rows:
        shown = []
        for program in programs:
            got = row.got[program]
            text = "–" if got.points is None else f"{got.points:g}"
            shown.append(f"**{text}**" if got.gained else text)
        events = "; ".join(
            f"{program}: {', '.join(row.got[program].events)}"
            for program in programs
            if row.got[program].events
        )
        about = events.replace("|", "/").replace("\n", " ")
        short = about if len(about) <= MOST_SHOWN else about[:MOST_SHOWN] + "…"
        yield f"| {row.group}/{row.name} | {row.honest:g} | {' | '.join(shown)} | {short} |"


def by_class(rows: Iterable[Row], programs: list[str]) -> Iterator[str]:
    """How many attacks of each class gained points, as a Markdown table."""
    yield f"| class | attacks | {' | '.join(programs)} |"
    yield f"|---|---|{'---|' * len(programs)}"
    of_class: dict[Group, list[Row]] = {}
    for row in rows:
        of_class.setdefault(row.group, []).append(row)
    for group, own in of_class.items():
        gained = (str(sum(row.got[one].gained for row in own)) for one in programs)
        yield f"| {group} | {len(own)} | {' | '.join(gained)} |"


def summary(rows: list[Row], programs: list[str]) -> Iterator[str]:
    """One line for each program."""
    for program in programs:
        run = [row for row in rows if row.got[program].points is not None]
        gained = [row for row in run if row.got[program].gained]
        other = [row for row in run if row.got[program].events]
        yield (
            f"{program}: {len(run)} attacks run, {len(gained)} gained points, "
            f"{len(other)} did something else; {len(rows) - len(run)} not run."
        )


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Attacks; else all.")] = None,
    group: Annotated[Group | None, typer.Option(help="Only this class.")] = None,
    sandbox: Annotated[Sandbox, typer.Option(help="The grader's.")] = Sandbox.REQUIRE,
    program: Annotated[
        list[str] | None, typer.Option(help="nbgrader, examiner, kernel; else all three.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print data.")] = False,
) -> None:
    """Run attacks through nbgrader and the grader, and print what each gained.

    Exits with 1 where one gained or broke anything under the examiner with `--sandbox require`.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        raise typer.BadParameter("the jail for nbgrader needs root on Linux")
    chosen = [
        one
        for one in all_attacks()
        if (not names or one.name in names) and (group is None or one.group is group)
    ]
    programs = program or ["nbgrader", "examiner", "kernel"]
    with ground() as place:
        rows = {
            one.name: Row(one.name, one.group, one.about, honest_points(one, place))
            for one in chosen
        }
    for each in programs:
        results = (
            under_nbgrader(chosen)
            if each == "nbgrader"
            else under_grader(chosen, Isolation(each), sandbox)
        )
        for attack, got in results:
            rows[attack.name].got[each] = got
            print(f"{each}: {attack.name}: {got.points}", file=sys.stderr)
    if as_json:
        print(json.dumps([asdict(row) for row in rows.values()], indent=1))
    else:
        for line in table(rows.values(), programs):
            print(line)
        print()
        for line in by_class(rows.values(), programs):
            print(line)
        print()
        for line in summary(list(rows.values()), programs):
            print(line)
    raise typer.Exit(1 if sandbox is Sandbox.REQUIRE and _broken(rows.values()) else 0)


def _broken(rows: Iterable[Row]) -> bool:
    """Whether an attack gained or did anything under the examiner."""
    got = [row.got[Isolation.EXAMINER] for row in rows if Isolation.EXAMINER in row.got]
    return any(one.gained or one.broke for one in got)


if __name__ == "__main__":
    typer.run(main)
