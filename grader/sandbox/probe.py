"""Which parts of the sandbox this host can put in force, found out by trying to break them.

A part is in force when every attempt to do what it forbids was refused to a process confined as
a candidate's kernel is: see :mod:`grader.sandbox.trial`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grader.sandbox import hosts, view
from grader.sandbox.attempts import PROVED_PARTS
from grader.sandbox.confine import Mechanism

TIMEOUT_S = 60


@dataclass(frozen=True)
class PartState:
    """One part: whether it is in force, what got through where it is not, and what to do then."""

    name: str
    in_force: bool
    holes: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True)
class Host:
    """What this host offers. ``mechanisms`` are those to confine a candidate with."""

    mechanisms: frozenset[Mechanism]
    left_out: Mapping[Mechanism, str]
    parts: tuple[PartState, ...]

    def part(self, name: str) -> PartState:
        """The state of the part ``name``; raise KeyError for one that is not to be proved."""
        return {part.name: part for part in self.parts}[name]


NO_HOST = Host(frozenset(), {}, ())  # to confine nothing with


@cache
def probe() -> Host:
    """Try, in a process of its own, what this host can forbid; the answer is kept."""
    if not sys.platform.startswith("linux"):
        return _nothing({}, "this operating system has no mechanism for it")
    try:
        told = _ask([])
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return _nothing({}, f"the probe did not run: {error}")
    trial = told["trials"][0]
    left_out = {Mechanism(name): why for name, why in told["left_out"].items()}
    if trial["lacks"]:
        return _nothing(left_out, f"a confined process lacks {', '.join(trial['lacks'])}")
    return _judged(trial, left_out, told["parts"])


def _judged(
    trial: Mapping[str, Any],
    left_out: Mapping[Mechanism, str],
    parts_of: Mapping[str, Sequence[str]],
) -> Host:
    remedy = hosts.remedy(left_out)
    parts = []
    for part in PROVED_PARTS:
        holes = tuple(name for name in trial["succeeded"] if part in parts_of[name])
        proved = any(part in parts_of[name] for name in trial["refused"])
        in_force = proved and not holes
        parts.append(PartState(part, in_force, holes, "" if in_force else remedy))
    return Host(frozenset(map(Mechanism, trial["mechanisms"])), left_out, tuple(parts))


def _nothing(left_out: Mapping[Mechanism, str], why: str) -> Host:
    remedy = hosts.remedy(left_out)
    parts = tuple(PartState(part, False, (why,), remedy) for part in PROVED_PARTS)
    return Host(frozenset(), left_out, parts)


def served_by(host: Host) -> dict[str, tuple[Mechanism, ...]]:
    """For each part the mechanisms of ``host`` that, alone, refuse something it forbids.

    Each is tried by itself and compared with a process that none confines.
    """
    chosen = sorted(host.mechanisms)
    if not chosen:
        return {}
    told = _ask([*([one] for one in chosen), []])
    *alone, none = told["trials"]
    parts_of = told["parts"]
    open_to_all = set(none["succeeded"])
    return {
        part: tuple(
            one
            for one, trial in zip(chosen, alone, strict=True)
            if any(part in parts_of[name] for name in open_to_all & set(trial["refused"]))
        )
        for part in PROVED_PARTS
    }


def _ask(sets: Sequence[Sequence[Mechanism]]) -> dict[str, Any]:
    """Run the trial program; raise where it cannot run or says nothing."""
    question = {
        "read_only": [os.fspath(path) for path in view.read_only(Path(sys.prefix))],
        "outside": _outside(),
        "sets": sets,
    }
    done = subprocess.run(
        [sys.executable, "-m", "grader.sandbox.trial"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        cwd=view.PACKAGES,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _outside() -> str | None:
    """A file beside the package folder ``coursekit``, where that is a checkout."""
    path = view.PACKAGES / "course.toml"
    return os.fspath(path) if path.is_file() else None
