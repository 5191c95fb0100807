"""The ground on which attacks are run: a course with bait, and ears for whatever is touched.

Nothing but the sandbox protects the bait: every file of it may be read and written by anybody.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from attacks.attack import CANARY, Attack, find, solved
from grader.course import Course
from grader.fingerprint import seed_key
from grader.template import Template
from grader.versions import templates

HERE = Path(__file__).parent
HW = "hw"
SECRET = f"{CANARY}-SECRET-of-the-course"
_LARGE = 2**25  # bytes
BREACH = "BREACH"  # what an attack prints, followed by what it did, where it did something

# Innocent submissions, graded before, between and after the attacks: the parts that each solves.
BYSTANDERS: Mapping[str, tuple[str, ...] | None] = {
    "aaa-complete": None,
    "aaa-untouched": (),
    "mmm-half": ("words", "ask", "normalize", "save"),
    "zzz-rough": ("boxes", "softmax"),
    "zzz-complete": None,
}


@dataclass
class Ears:
    """Sockets at which nobody may call; ``heard`` says which one was called."""

    tcp: int = 0
    udp: int = 0
    abstract: str = ""
    path: str = ""
    heard: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ground:
    """A copy of the course in ``course``, bait in ``bait``, and what has to stay as it is.

    ``mark`` is a word in the command line of every process that an attack starts.
    """

    base: Path
    course: Course
    known: Template
    ears: Ears
    victim: subprocess.Popen[bytes]
    mark: str

    @property
    def bait(self) -> Path:
        """A folder in which anybody may read and write."""
        return self.base / "bait"

    @property
    def submitted(self) -> Path:
        """Where the attacks and the bystanders are handed in."""
        return Path(self.course.submitted)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the grader."""
        return {
            **os.environ,
            "COURSE_SECRET": SECRET,
            "SIEGE_BAIT": f"{CANARY}-ENVIRONMENT",
            "TMPDIR": os.fspath(self.base / "tmp"),
            "OMP_NUM_THREADS": "1",
        }

    @property
    def canaries(self) -> list[str]:
        """The words that only the instructor's side may know."""
        parts = ("WORDS", "BOXES", "ASK", "NORMALIZE", "SOFTMAX", "SAVE", "PREDICT")
        return [
            *(f"{CANARY}-{kind}-{part}" for kind in ("HIDDEN", "SOLUTION") for part in parts),
            f"{CANARY}-ENVIRONMENT",
            f"{CANARY}-FILE",
            f"{CANARY}-BYSTANDER",
            f"{CANARY}-VICTIM",
            SECRET,
            seed_key(SECRET, HW),
        ]

    def hand_in(self, attack: Attack) -> None:
        """Write ``attack`` into the submitted folder, under its own name."""
        folder = self.submitted / attack.name / HW
        folder.mkdir(parents=True)
        attack.build(folder, self.known, attack.expected)
        for path in folder.rglob("*"):
            if is_own(path):
                self._aim(path)

    def hand_in_bystanders(self) -> None:
        """Write the innocent submissions."""
        for name, parts in BYSTANDERS.items():
            nb = solved(self.known, parts)
            if name == "zzz-rough":
                find(
                    nb, "predict-solution"
                ).source = "def predict(values):\n    return [2 * value + 1.5 for value in values]"
            nb.cells.append(new_code_cell(f"# {CANARY}-BYSTANDER"))
            folder = self.submitted / name / HW
            folder.mkdir(parents=True)
            nbformat.write(nb, folder / f"{HW}.ipynb")

    def open_all(self) -> None:
        """Let anybody read and write the course, the gradebook and the submissions."""
        for path in (self.course.root, *self.course.root.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o777 if path.is_dir() else 0o666)

    def snapshot(self) -> dict[str, str]:
        """What no attack may change, by path: the instructor's files, all submissions, the bait."""
        course = self.course
        places = [course.source, course.release, self.submitted, self.bait]
        files = [course.root / "course.toml", course.root / "nbgrader_config.py"]
        files += [path for place in places for path in sorted(place.rglob("*"))]
        return {os.fspath(path): _state(path) for path in files}

    def _aim(self, path: Path) -> None:
        """Replace the names of targets in an attack's text by the targets."""
        text = path.read_bytes()
        for name, value in self._targets().items():
            text = text.replace(name.encode(), value.encode())
        path.write_bytes(text)

    def _targets(self) -> dict[str, str]:
        ears = self.ears
        return {
            "__COURSE__": os.fspath(self.course.root),
            "__BAIT__": os.fspath(self.bait),
            "__REPOSITORY__": os.fspath(HERE.parents[1]),
            "__PREFIX__": sys.prefix,
            "__TCP__": str(ears.tcp),
            "__UDP__": str(ears.udp),
            "__ABSTRACT__": ears.abstract,
            "__SOCKET__": ears.path,
            "__VICTIM__": str(self.victim.pid),
            "__MARK__": self.mark,
            "__BREACH__": "('BRE' + 'ACH')",
        }


@contextmanager
def ground() -> Iterator[Ground]:
    """Lay out the ground, and clear it away at the end."""
    with ExitStack() as stack:
        base = Path(tempfile.mkdtemp(prefix="siege-"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        (base / "tmp").mkdir()
        root = base / "course"
        shutil.copytree(HERE / "course", root)
        bait = base / "bait"
        bait.mkdir()
        (bait / "secret.txt").write_text(f"{CANARY}-FILE\n")
        (bait / "link").symlink_to(bait / "secret.txt")
        mark = f"siege-{os.urandom(6).hex()}"
        course = Course.load(root)
        [known] = templates(course, course.homework(HW))
        victim = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(3600)", "victim"],
            env={"SIEGE_VICTIM": f"{CANARY}-VICTIM"},
        )
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        ears = stack.enter_context(_listening(bait, mark))
        course.submitted.mkdir()
        yield Ground(base, course, known, ears, victim, mark)


@contextmanager
def _listening(bait: Path, mark: str) -> Iterator[Ears]:
    ears = Ears(abstract=mark, path=os.fspath(bait / "socket"))
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.socket())
        tcp.bind(("127.0.0.1", 0))
        udp = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{mark}")
        named = stack.enter_context(socket.socket(socket.AF_UNIX))
        named.bind(ears.path)
        Path(ears.path).chmod(0o777)
        ears.tcp, ears.udp = tcp.getsockname()[1], udp.getsockname()[1]
        for name, one in (("TCP", tcp), ("abstract", abstract), ("path", named)):
            one.listen()
            threading.Thread(target=_accept, args=(one, name, ears), daemon=True).start()
        threading.Thread(target=_receive, args=(udp, ears), daemon=True).start()
        try:
            yield ears
        finally:
            for one in (tcp, udp, abstract, named):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, name: str, ears: Ears) -> None:
    with suppress(OSError):
        while True:
            listener.accept()[0].close()
            ears.heard.append(name)


def _receive(listener: socket.socket, ears: Ears) -> None:
    with suppress(OSError):
        while listener.recv(1024):
            ears.heard.append("UDP")


def is_own(path: Path) -> bool:
    """Whether ``path`` is a file of a size to be read, and no link of either kind."""
    about = path.lstat()
    return stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and about.st_size < _LARGE


def _state(path: Path) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    if path.is_file() and path.stat().st_size >= _LARGE:
        return f"{path.stat().st_size} bytes"
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "folder" if path.is_dir() else "other"
