"""Ask the trial program, or a confined process, for what it could do, on one kind of host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from grader.sandbox import view
from grader.sandbox.confine import Mechanism

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
READ_ONLY = [os.fspath(path) for path in view.read_only(Path(sys.prefix))]
ALL = frozenset(Mechanism)
OF_USER = ALL - {Mechanism.IDENTITY}

needs_root = pytest.mark.usefixtures("as_root")


def on(host: str, program: Sequence[str], question: object) -> str:
    """Run a Python ``program`` on a kind of ``host`` and return what it wrote."""
    done = subprocess.run(
        [sys.executable, os.fspath(HERE / "hosts.py"), host, *program],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


@cache
def tried(host: str, sets: tuple[frozenset[Mechanism], ...]) -> list[dict[str, Any]]:
    """What processes confined by each of ``sets`` of mechanisms could do on ``host``."""
    question = {
        "read_only": READ_ONLY,
        "outside": os.fspath(ROOT / "course.toml"),
        "sets": [sorted(each) for each in sets],
    }
    trials = json.loads(on(host, ["-m", "grader.sandbox.trial"], question))["trials"]
    for trial in trials:
        assert not trial["hindered"], trial["error"]
    return list(trials)


def confined(
    code: str,
    mechanisms: Iterable[Mechanism] = ALL,
    host: str = "root",
    disk_mb: float = 64,
    inline: bool = False,
) -> str:
    """What ``code`` wrote in a confined process; its last line is often JSON."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as base:
        Path(base).chmod(0o777)
        question = {
            "mechanisms": sorted(mechanisms),
            "code": dedent(code),
            "inline": inline,
            "read_only": READ_ONLY,
            "disk_mb": disk_mb,
            "keep": base,
        }
        return on(host, [os.fspath(HERE / "confined.py")], question)
