"""Runs inside the jail: lays out bait and ears, runs `nbgrader autograde`, and looks around.

Standalone: nothing of the repository is visible there. It is process 1, so nobody can kill it.
``autograde_inside.py STUDENT MARK``; the current folder holds ``course``; writes ``report.json``.
"""

from __future__ import annotations

import base64
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

SECONDS = 40
CANARY = "CANARY"


def canaries(course: Path) -> set[str]:
    """The words that a student may not know."""
    text = "".join(p.read_text(errors="replace") for p in (course / "solutions").rglob("*.ipynb"))
    found = set(re.findall(rf"{CANARY}-[A-Z]+-[A-Z]+", text))
    return found | {f"{CANARY}-ENVIRONMENT", f"{CANARY}-FILE", f"{CANARY}-BYSTANDER"}


def listen(mark: str, bait: Path) -> tuple[dict[str, str], list[str]]:
    """Open sockets that nobody may call; return what stands for their addresses."""
    heard: list[str] = []
    tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    abstract, named = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    tcp.bind(("127.0.0.1", 0))
    udp.bind(("127.0.0.1", 0))
    abstract.bind(f"\0{mark}")
    path = os.path.relpath(bait / "socket")
    named.bind(path)

    def accept(one: socket.socket, name: str) -> None:
        while True:
            one.accept()[0].close()
            heard.append(name)

    def receive() -> None:
        while udp.recv(1024):
            heard.append("UDP")

    for name, one in (("TCP", tcp), ("abstract", abstract), ("path", named)):
        one.listen()
        threading.Thread(target=accept, args=(one, name), daemon=True).start()
    threading.Thread(target=receive, daemon=True).start()
    return {
        "__TCP__": str(tcp.getsockname()[1]),
        "__UDP__": str(udp.getsockname()[1]),
        "__ABSTRACT__": mark,
        "__SOCKET__": path,
    }, heard


def aim(folder: Path, targets: dict[str, str]) -> None:
    """Replace the names of targets in the submission by the targets."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**25:
            text = path.read_bytes()
            for name, value in targets.items():
                text = text.replace(name.encode(), value.encode())
            path.write_bytes(text)


def marks(course: Path, student: str) -> dict[str, Any]:
    """What the gradebook holds of the student, or why it holds nothing."""
    try:
        book = sqlite3.connect(course / "gradebook.db")
        rows = book.execute(
            "select base_cell.name, grade.auto_score, grade.manual_score, 1"
            " from grade"
            " join base_cell on grade.cell_id = base_cell.id"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id"
            " = submitted_assignment.id where submitted_assignment.student_id = ?",
            (student,),
        ).fetchall()
    except sqlite3.Error as error:
        return {"gradebook": f"damaged: {error}", "cells": {}}
    cells = {name: manual if manual is not None else auto for name, auto, manual, _ in rows}
    return {"cells": {name: value for name, value in cells.items() if value is not None}}


def words(course: Path, student: str) -> tuple[list[str], set[str]]:
    """What the student's outputs say: that it did something, and canaries in any guise."""
    said: list[str] = []
    for path in (course / "autograded" / student).rglob("*.ipynb"):
        try:
            cells = json.loads(path.read_text())["cells"]
        except (OSError, ValueError, KeyError):
            continue
        said += [json.dumps(cell.get("outputs", [])) for cell in cells]
    text = "\n".join(said)
    known = {
        word
        for word in canaries(course)
        if any(form in text for form in (word[::-1], word.encode().hex()))
        or base64.b64encode(word.encode()).decode()[:-4] in text
    }
    boasts = re.findall(r"BREACH[^\"\\]*", text)
    return boasts[:5], known


def state(folder: Path) -> dict[str, bytes]:
    """The bytes of the files that nobody may change."""
    return {
        os.fspath(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 2**25
    }


def processes() -> int:
    """How many processes other than this one there are."""
    return sum(path.name.isdecimal() for path in Path("/proc").iterdir()) - 1


def main() -> None:
    """See above."""
    student, mark = sys.argv[1:3]
    course, bait = Path("course").resolve(), Path("bait").resolve()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    targets, heard = listen(mark, bait)
    victim = subprocess.Popen(["/bin/sleep", "3600"])
    targets |= {
        "__COURSE__": os.fspath(course),
        "__BAIT__": os.fspath(bait),
        "__REPOSITORY__": "/nowhere",
        "__PREFIX__": sys.prefix,
        "__VICTIM__": str(victim.pid),
        "__MARK__": mark,
        "__BREACH__": "('BRE' + 'ACH')",
    }
    aim(course / "submitted" / student, targets)
    others = {"solutions": state(course / "solutions"), "bait": state(bait)}
    others["other submissions"] = state(course / "submitted" / "zzz-complete")
    usage = processes()
    begin = time.monotonic()
    memory = 12 * 2**30
    with Path("log").open("wb") as log:
        run = subprocess.Popen(
            [
                *(sys.executable, "-m", "nbgrader", "autograde", "hw", "--student", student),
                *("--create", "--force", "--ExecutePreprocessor.timeout=4"),
            ],
            cwd=course,
            env={**os.environ, "SIEGE_BAIT": f"{CANARY}-ENVIRONMENT"},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
        )
        try:
            status: int | None = run.wait(SECONDS)
        except subprocess.TimeoutExpired:
            status = None
            run.kill()
            run.wait()
    seconds = time.monotonic() - begin
    killed = victim.poll() is not None
    time.sleep(0.3)  # for processes that are ending
    left = processes() - (usage if not killed else usage - 1)
    boasts, known = words(course, student)
    now = {"solutions": state(course / "solutions"), "bait": state(bait)}
    now["other submissions"] = state(course / "submitted" / "zzz-complete")
    report = {
        **marks(course, student),
        "status": status,
        "seconds": round(seconds, 1),
        "boasts": boasts,
        "known": sorted(known),
        "heard": sorted(set(heard)),
        "changed": [name for name, files in others.items() if files != now[name]],
        "left": max(0, left),
        "killed": killed,
        "log": Path("log").read_text(errors="replace")[-1500:],
    }
    new = Path("report.json.new")
    new.write_text(json.dumps(report))
    new.replace("report.json")
    os._exit(0)  # everything else in the jail ends with it


if __name__ == "__main__":
    main()
