"""Names of files and of students: which are safe, and which notebook a file is meant to be."""

from __future__ import annotations

import importlib.util
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

LONGEST = 255  # bytes of one component, as most file systems have it
STUDENT_RULE = "letters, digits and . _ @ -, at most 64, the first a letter or digit"

_STUDENT = re.compile(r"[^\W_][\w.@-]{0,63}")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_JUNK = {".ds_store", "thumbs.db", "desktop.ini", "__macosx", ".ipynb_checkpoints", "__pycache__"}
_COPY = r"(?:[ _-]*\(\d{1,3}\)|[ _-]+\d{1,3}|[ _-]+copy\d{0,3}(?:[ _-]*\(\d{1,3}\))?)?"
_IMPORTABLE = (".py", ".pyc", ".pyw", ".so", ".pyd", ".dll", ".dylib")
_START_UP = re.compile(r"(?:ipython|jupyter)\w*_config\.(?:py|json)|(?:site|user)customize\.\w+")


def problem(name: str) -> str:
    """Return why the relative path ``name`` is not safe to create anywhere, or an empty string."""
    if not name or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "an absolute or empty name"
    try:
        name.encode()
    except UnicodeEncodeError:
        return "a name that is not text"
    for step in name.split("/"):
        if step in ("", ".", ".."):
            return "a name that leads out of its folder"
        if _FORBIDDEN.search(step) or not step.isprintable():
            return "a name with forbidden characters"
        if step != step.strip() or step.endswith("."):
            return "a name that begins or ends with a space, or ends with a dot"
        if _DEVICE.fullmatch(step.split(".")[0].strip()):
            return "the name of a device"
        if len(step.encode()) > LONGEST:
            return "a name that is too long"
    return ""


def is_junk(name: str) -> bool:
    """Whether ``name`` is what operating systems and Jupyter leave lying about."""
    return any(step.casefold() in _JUNK or step.startswith("._") for step in name.split("/"))


def is_student(name: str) -> bool:
    """Whether ``name`` may be a student's id: one safe, normalized component of a path."""
    return (
        _STUDENT.fullmatch(name) is not None
        and unicodedata.is_normalized("NFC", name)
        and not problem(name)
    )


def slug(name: str) -> str:
    """Return a student's id made of a person's name: ``Zoë Doe`` → ``zoë-doe``; may be empty."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    return re.sub(r"[\W_]+", "-", folded).strip("-")[:48].strip("-")


def allowed(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern allows the relative path ``name``; ``*`` stays within one folder."""
    steps = name.split("/")
    for pattern in patterns:
        wanted = pattern.split("/")
        if len(wanted) == len(steps) and all(map(fnmatchcase, steps, wanted)):
            return True
    return False


def in_the_way(name: str, given: Iterable[str]) -> bool:
    """Whether a file ``name`` would be a folder of one of the files ``given``, or the reverse.

    Case does not count, as on some file systems.
    """
    mine = name.casefold()
    folded = [one.casefold() for one in given]
    return any(one.startswith(f"{mine}/") or mine.startswith(f"{one}/") for one in folded)


def shadows(name: str, preloads: Iterable[str] = ()) -> bool:
    """Whether a file ``name`` in the working folder would be imported in place of a library.

    Also true for the files that Python and IPython execute on their own when they start.
    """
    steps = name.casefold().split("/")
    if _START_UP.fullmatch(steps[-1]):
        return True
    if not steps[-1].endswith(_IMPORTABLE):
        return False
    module = steps[0].split(".")[0]
    known = {entry.casefold() for entry in sys.stdlib_module_names}
    if module in known or module in {entry.split(".")[0].casefold() for entry in preloads}:
        return True
    try:
        return importlib.util.find_spec(name.split("/")[0].split(".")[0]) is not None
    except (ImportError, ValueError):
        return True


@dataclass(frozen=True)
class Claim:
    """Which file is which notebook: ``files`` by notebook, ``doubts`` why one has none."""

    files: dict[str, str]
    doubts: dict[str, str]


def claim(expected: Sequence[str], found: Iterable[str]) -> Claim:
    """Say which of the paths ``found`` is which ``expected`` notebook (names without suffix).

    The right name at the top comes first. Else the one file called like it with a copy's number
    or a prefix (``hw1 (1).ipynb``, ``jane_hw1.ipynb``, ``work/hw1.ipynb``); else, where a single
    notebook is expected, the only notebook there is. Where two would do, neither is taken.
    """
    paths = [p for p in found if p.casefold().endswith(".ipynb") and not is_junk(p)]
    files = {name: f"{name}.ipynb" for name in expected if f"{name}.ipynb" in paths}
    spare = [p for p in paths if p not in files.values()]
    claims: dict[str, list[str]] = {
        name: [p for p in spare if _called(p, name, expected)]
        for name in expected
        if name not in files
    }
    if len(expected) == 1 and claims and not claims[expected[0]]:
        claims[expected[0]] = spare
    doubts: dict[str, str] = {}
    for name, candidates in claims.items():
        others = {p for other, ps in claims.items() if other != name for p in ps}
        if len(candidates) == 1 and candidates[0] not in others:
            files[name] = candidates[0]
        elif candidates:
            doubts[name] = f"{len(candidates)} file(s) could be it, without certainty"
        else:
            doubts[name] = "no file is called so"
    return Claim(files, doubts)


def _called(path: str, name: str, expected: Sequence[str]) -> bool:
    stem = path.rsplit("/", 1)[-1][: -len(".ipynb")]
    if stem in expected:
        return stem == name
    pattern = rf"(?:.*[ _-])?{re.escape(name)}{_COPY}"
    return re.fullmatch(pattern, stem, re.IGNORECASE) is not None
