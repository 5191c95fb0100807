"""What this host offers to the course and to the grader, and what to do about what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import sys
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

from coursekit import assets
from grader.course import SECRET_VARIABLE, Course
from grader.sandbox import hosts, landlock
from grader.sandbox.confine import Mechanism
from grader.sandbox.parts import ALWAYS, PARTS, WATCHED
from grader.sandbox.probe import probe, served_by

PACKAGES = ("torch", "transformers", "tokenizers", "peft", "jupyterlab", "nbgrader", "papermill")


class Finding(BaseModel):
    """One thing that was looked at. ``needed`` findings that are not ``ok`` stop the grader."""

    model_config = ConfigDict(frozen=True)

    area: str
    name: str
    ok: bool
    needed: bool
    detail: str
    remedy: str = ""


def examine(course: Course) -> list[Finding]:
    """Look at versions, machine, course folder, sandbox parts, GPUs and assets, in this order."""
    return [
        *_versions(),
        *_machine(course.root),
        *_course(course),
        *_sandbox(),
        _gpu(),
        *_assets(),
    ]


def _versions() -> list[Finding]:
    rows = [
        Finding(
            area="versions",
            name="python",
            ok=sys.version_info >= (3, 11),
            needed=True,
            detail=platform.python_version(),
            remedy="Make the environment with Python 3.11 or later: make PYTHON=python3.11",
        )
    ]
    for name in PACKAGES:
        try:
            detail, ok = importlib.metadata.version(name), True
        except importlib.metadata.PackageNotFoundError:
            detail, ok = "not installed", False
        rows.append(
            Finding(
                area="versions",
                name=name,
                ok=ok,
                needed=True,
                detail=detail,
                remedy="Run make grade, or pip install -c requirements.lock -e '.[grader]'",
            )
        )
    return rows


def _machine(root: Path) -> list[Finding]:
    memory = psutil.virtual_memory().total / 2**30
    free = shutil.disk_usage(root).free / 2**30
    return [
        Finding(
            area="machine",
            name="processor cores",
            ok=True,
            needed=False,
            detail=str(os.cpu_count()),
        ),
        Finding(
            area="machine",
            name="memory",
            ok=memory >= 8,
            needed=False,
            detail=f"{memory:.1f} GiB",
            remedy="Lessons are measured to stay under 8 GiB; close other programs, or grade "
            "with --workers 1.",
        ),
        Finding(
            area="machine",
            name="free disk",
            ok=free >= 5,
            needed=False,
            detail=f"{free:.1f} GiB",
            remedy="Free at least 5 GiB for assets and executed notebooks.",
        ),
    ]


def _course(course: Course) -> list[Finding]:
    writable = os.access(course.root, os.W_OK)
    return [
        Finding(
            area="course",
            name="homeworks",
            ok=bool(course.homeworks),
            needed=True,
            detail=", ".join(row.id for row in course.homeworks) or "none",
            remedy=f"Put an instructor's notebook into {course.source.name}/<homework>/.",
        ),
        Finding(
            area="course",
            name="folder",
            ok=writable,
            needed=True,
            detail="writable" if writable else "not writable",
            remedy=f"Grade as a user who may write {course.root}.",
        ),
        Finding(
            area="course",
            name="gradebook",
            ok=_gradebook_answers(course),
            needed=True,
            detail=course.db_url.split("://")[0],
            remedy="Close formgrader and other programs that hold the gradebook.",
        ),
        Finding(
            area="course",
            name="secret",
            ok=course.secret is not None,
            needed=False,
            detail="set" if course.secret else "not set: the tests' seeds are public",
            remedy=f"Set the environment variable {SECRET_VARIABLE} to a long random text, and "
            "keep it: it fixes every test's seed.",
        ),
    ]


def _gradebook_answers(course: Course) -> bool:
    prefix = "sqlite:///"
    if not course.db_url.startswith(prefix):
        return True  # a server: nbgrader says so itself when it cannot be reached
    path = Path(course.db_url.removeprefix(prefix))
    if not path.exists():
        return True
    try:
        with sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=2) as database:
            database.execute("BEGIN IMMEDIATE").connection.rollback()
    except sqlite3.Error:
        return False
    return True


def _sandbox() -> list[Finding]:
    host = probe()
    served = served_by(host)
    lacking = landlock.lacking(landlock.abi()) if Mechanism.LANDLOCK in host.mechanisms else ()
    words = ", ".join(sorted(host.mechanisms)) or "none"
    if lacking:
        words += f" (this Landlock does not know {', '.join(lacking)})"
    rows = [
        Finding(
            area="sandbox",
            name="mechanisms",
            ok=not host.left_out,
            needed=False,
            detail=words,
            remedy="; ".join(f"{one}: {why}" for one, why in host.left_out.items()),
        )
    ]
    told = hosts.told_of_crashes(host.mechanisms)
    rows.append(
        Finding(
            area="sandbox",
            name="crashes",
            ok=not told,
            needed=False,
            detail=f"a candidate's crash calls on {told!r}, outside" if told else "call on nothing",
            remedy="While you grade: sudo sysctl -w kernel.core_pattern=core",
        )
    )
    for name in PARTS:
        if name in ALWAYS:
            ok, detail, remedy = True, "kept by the grader itself", ""
        else:
            part = host.part(name)
            ok, remedy = part.in_force, part.remedy
            by = [*served.get(name, ()), *(["watchdog"] if name in WATCHED else [])]
            detail = ", ".join(by) if ok else f"got through: {'; '.join(part.holes)}"
        rows.append(
            Finding(area="sandbox", name=name, ok=ok, needed=False, detail=detail, remedy=remedy)
        )
    return rows


def _gpu() -> Finding:
    import torch  # takes seconds, and no other command needs it

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = ", ".join(torch.cuda.get_device_name(i) for i in range(count))
    return Finding(
        area="gpu",
        name="CUDA devices",
        ok=count > 0,
        needed=False,
        detail=names or "none: everything runs on the processor",
        remedy='None is needed. With one, set profile = "gpu" in a lesson.',
    )


def _assets() -> list[Finding]:
    return [
        Finding(
            area="assets",
            name=row.name,
            ok=row.present,
            needed=False,
            detail=f"{row.size / 2**20:.0f} MiB, {row.licence}",
            remedy=row.remedy,
        )
        for row in assets.status()
    ]
