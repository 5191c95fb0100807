"""A program that starts confined processes and reports what they could and could not do.

``python -m grader.sandbox.trial`` reads what to try from standard input and writes JSON. It is a
program of its own because a process must have one thread to be forked from and to leave
namespaces, and the grader has many. It stands for the examiner: the confined process is its
child's child, through the same functions that a candidate's kernel goes through.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from grader.sandbox import attempts_processes, attempts_storage, linux, mounts
from grader.sandbox.attempts import ATTEMPTS, SURVIVOR, UNSEEN, Target, all_parts
from grader.sandbox.confine import (
    Confinement,
    ConfinementError,
    Mechanism,
    leave_host,
    shut_in,
)
from grader.sandbox.needs import lacking
from grader.sandbox.targets import MEMORY_MB, fresh, prepared

assert attempts_processes and attempts_storage  # imported for what they register
PATIENCE_S = 10.0


@dataclass(frozen=True)
class Trial:
    """What one confined process reported.

    ``hindered`` names the mechanism that could not be applied, with ``error``; then nothing was
    tried. ``lacks`` says what a kernel needs and could not have. ``succeeded`` and ``refused``
    map attempts to what happened.
    """

    mechanisms: tuple[Mechanism, ...]
    hindered: Mechanism | None = None
    error: str = ""
    lacks: dict[str, str] = field(default_factory=dict)
    succeeded: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def attempt(target: Target, mechanisms: Iterable[Mechanism]) -> Trial:
    """Start a process confined by ``mechanisms`` and let it try everything."""
    chosen = tuple(sorted(mechanisms))
    try:
        aimed = fresh(target, chosen)
    except ConfinementError as error:
        return Trial(chosen, error.mechanism, str(error.error))
    read, write = os.pipe()
    alive, hold = os.pipe()  # the survivor holds it open
    keeper = os.fork()
    if keeper == 0:
        os.close(read)
        os.close(alive)
        _die_with(target.pid)
        _finish(lambda: _keep(aimed, write, hold))
    os.close(write)
    os.close(hold)
    try:
        report, measured = _listen_to(read)
    finally:
        os.close(read)
        _end(keeper)
    survived = not _closed(alive)
    os.close(alive)
    if "hindered" in report:
        return Trial(chosen, Mechanism(report["hindered"]), report["error"])
    if "refused" not in report:
        report["lacks"] = {"start": report.get("error", "the process died")}
    succeeded, refused = report.get("succeeded", {}), report.get("refused", {})
    (succeeded if survived else refused)[SURVIVOR] = ""
    (refused if measured else succeeded)[UNSEEN] = ""
    return Trial(chosen, lacks=report["lacks"], succeeded=succeeded, refused=refused)


def _finish(act: Callable[[], None]) -> None:
    """Run ``act`` as the last thing this process does."""
    status = 1
    try:
        act()
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def _die_with(parent: int) -> None:
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() not in (parent, 0):
        os._exit(1)


def _say(write: int, report: dict[str, Any]) -> None:
    os.write(write, json.dumps(report).encode() + b"\n")


def _keep(target: Target, write: int, hold: int) -> None:
    """The keeper of one confined process, as a zygote's is."""
    confinement = target.confinement
    linux.prctl(linux.PR_SET_CHILD_SUBREAPER, 1)
    try:
        if Mechanism.NAMESPACES in confinement.mechanisms:
            _mount(confinement)
        else:
            mounts.lay_out(confinement.folder, confinement.uid)
        leave_host(confinement)
    except ConfinementError as error:
        _say(write, {"hindered": error.mechanism, "error": str(error.error)})
        return
    keeper = os.getpid()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    confined = os.fork()
    if confined == 0:
        _die_with(keeper)
        _finish(lambda: _be_confined(target, write, hold))
    os.close(hold)
    try:
        _say(write, {"confined": confined})
        os.close(write)
        os.waitpid(confined, 0)
    finally:
        end_children()


def _mount(confinement: Confinement) -> None:
    try:
        mounts.enter_own_mounts()
        mounts.mount_folder(confinement.folder, confinement.disk_mb, confinement.uid)
    except OSError as error:
        raise ConfinementError(Mechanism.NAMESPACES, error) from error


def _be_confined(target: Target, write: int, hold: int) -> None:
    try:
        shut_in(target.confinement)
    except ConfinementError as error:
        _say(write, {"hindered": error.mechanism, "error": str(error.error)})
        return
    os.chdir(target.confinement.folder / mounts.WORK)
    report: dict[str, Any] = {"succeeded": {}, "refused": {}}
    report["lacks"] = lacking(target.confinement.sockets)
    for one in ATTEMPTS:
        try:
            one.act(target)
        except OSError as error:
            report["refused"][one.name] = str(error)
        except Exception as error:  # it proves nothing, so it does not count as refused
            report["succeeded"][one.name] = repr(error)
        else:
            report["succeeded"][one.name] = ""
    _leave_behind(write)
    held = bytearray(os.urandom(1)) * int(MEMORY_MB * mounts.MIB)
    _say(write, report)
    os.close(write)
    time.sleep(PATIENCE_S if held else 0)  # until the keeper is ended


def _leave_behind(write: int) -> None:
    """Leave a process that is in a new session, an orphan, and hears no signal it can ignore."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.close(write)
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            time.sleep(2 * PATIENCE_S)
        os._exit(0)
    os.wait()


def _listen_to(read: int) -> tuple[dict[str, Any], bool]:
    """The last report of the keeper and its child, and whether the child's memory was measured."""
    said, report, confined, measured = b"", {}, 0, False
    until = time.monotonic() + PATIENCE_S
    while select.select([read], [], [], max(0.0, until - time.monotonic()))[0]:
        block = os.read(read, 65536)
        said += block
        *lines, said = said.split(b"\n")
        for line in lines:
            report = json.loads(line)
            confined = report.get("confined", confined)
        if "refused" in report:
            measured = _resident_mb(confined) >= MEMORY_MB
            break
        if not block:
            break
    return report, measured


def _resident_mb(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / mounts.MIB


def _end(keeper: int) -> None:
    """End the confined process as a lost worker would: through the keeper."""
    os.kill(keeper, signal.SIGTERM)
    os.waitpid(keeper, 0)


def _closed(read: int) -> bool:
    """Whether everybody who held the other end of a pipe is gone, or goes within a second."""
    return bool(select.select([read], [], [], 1.0)[0])


def end_children(patience_s: float = 5.0) -> None:
    """Kill every process below this one, which must be a child subreaper, and wait for them."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        for child in _children():
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def _children() -> list[int]:
    me = os.getpid()
    with contextlib.suppress(OSError):  # a kernel built without it: then a survivor is reported
        text = Path(f"/proc/{me}/task/{me}/children").read_text(encoding="ascii")
        return [int(pid) for pid in text.split()]
    return []


def find(target: Target) -> tuple[Trial, dict[Mechanism, str]]:
    """Try all mechanisms together; leave out, and say why, those that do not work here.

    A mechanism that cannot be applied, or with which a kernel lacks what it needs, is left out.
    """
    left_out: dict[Mechanism, str] = {}
    mechanisms = _worth_trying()
    while True:
        trial = attempt(target, mechanisms)
        if trial.hindered:
            left_out[trial.hindered] = trial.error
            mechanisms.remove(trial.hindered)
        elif trial.lacks and mechanisms:
            words = "; ".join(f"{name} ({why})" for name, why in trial.lacks.items())
            left_out[mechanisms.pop()] = f"a kernel confined by it would lack {words}"
        else:
            return trial, left_out


def _worth_trying() -> list[Mechanism]:
    """Every mechanism this user may have, the one that is most easily done without last."""
    found = [Mechanism.NAMESPACES, Mechanism.SECCOMP, Mechanism.LANDLOCK]
    return [*found, Mechanism.IDENTITY] if os.geteuid() == 0 else found


def main() -> None:
    """Do what the JSON on standard input asks for.

    ``read_only`` and ``outside`` are what :func:`prepared` takes. With ``sets``, lists of
    mechanisms, each is tried as it is; else :func:`find` looks for what works.
    """
    asked = json.load(sys.stdin)
    read_only = tuple(map(Path, asked["read_only"]))
    outside = Path(asked["outside"]) if asked["outside"] else None
    left_out: dict[Mechanism, str] = {}
    with prepared(read_only, outside) as target:
        if asked["sets"]:
            trials = [attempt(target, map(Mechanism, each)) for each in asked["sets"]]
        else:
            trial, left_out = find(target)
            trials = [trial]
    told = {"trials": list(map(asdict, trials)), "left_out": left_out, "parts": all_parts()}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
