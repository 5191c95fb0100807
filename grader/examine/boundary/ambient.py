"""What surrounds a call: the states of the random generators, and what the call prints."""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, TypeGuard

OUTPUT_CHARACTERS = 100_000  # of one call, and shown of all calls of one cell
CUT = "\n[more output was dropped]\n"


@dataclass(frozen=True)
class _Generator:
    """A module's global generator: read its state, set it, draw once."""

    read: Callable[[Any], object]
    write: Callable[[Any, Any], object]
    draw: Callable[[Any], object]


_SEED_BYTES = 8  # that begin torch's state: what was given to manual_seed, for initial_seed to tell


def _torch_state(torch: Any) -> object:
    """The state of torch's generator, which draws on from it, without the seed that it came from.

    With the seed a student's code could draw again all that a test drew before it called.
    """
    state = torch.get_rng_state().numpy().copy()
    state[:_SEED_BYTES] = 0
    return state


_GENERATORS = {
    "random": _Generator(lambda m: m.getstate(), lambda m, s: m.setstate(s), lambda m: m.random()),
    "numpy": _Generator(
        lambda m: m.random.get_state(legacy=False),
        lambda m, s: m.random.set_state(s),
        lambda m: m.random.random(),
    ),
    "torch": _Generator(
        _torch_state,
        lambda m, s: m.set_rng_state(m.from_numpy(s.copy())),
        lambda m: m.rand(1),
    ),
}


def _states() -> dict[str, bytes]:
    """The states of the generators whose modules are imported."""
    return {
        name: pickle.dumps(generator.read(sys.modules[name]), protocol=5)
        for name, generator in _GENERATORS.items()
        if sys.modules.get(name) is not None
    }


class States:
    """The examiner's side: sends a generator's state when the test has changed it.

    Afterwards the examiner's generator is moved on by one draw, so that setting the same seed
    again counts as a change. Without one the candidate goes on with its own stream, as code in
    one process would. What given cells do to the generators between two tests is no change: they
    run in the candidate too.
    """

    def __init__(self) -> None:
        self._known = self._paused = _states()

    def changed(self) -> dict[str, bytes]:
        """The states to set in the candidate before the next call."""
        return self._news(self._known)

    def pause(self) -> None:
        """A test has ended."""
        self._paused = _states()

    def resume(self) -> None:
        """A test begins."""
        self._news(self._paused)

    def _news(self, before: Mapping[str, bytes]) -> dict[str, bytes]:
        news = {name: state for name, state in _states().items() if state != before.get(name)}
        for name in news:
            _GENERATORS[name].draw(sys.modules[name])
        after = _states() if news else {}
        self._known = self._known | {name: after[name] for name in news}
        return news


def restore(states: Mapping[str, bytes]) -> None:
    """The candidate's side: set its generators to the examiner's states."""
    for name, state in states.items():
        _GENERATORS[name].write(import_module(name), pickle.loads(state))


Printed = tuple[tuple[bool, str], ...]  # whether on stderr, and what; in order


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, keep: Callable[[str], None]) -> None:
        self._keep = keep

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._keep(text)
        return len(text)


class Capture:
    """Keeps what is printed inside it, up to ``OUTPUT_CHARACTERS``."""

    def __init__(self) -> None:
        self._printed: list[tuple[bool, str]] = []
        self._left = OUTPUT_CHARACTERS
        self._streams = (_Stream(self._keep_out), _Stream(self._keep_error))

    def __enter__(self) -> Capture:
        self._before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._streams
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sys.stdout, sys.stderr = self._before

    def taken(self) -> Printed:
        """What was printed since this was last asked."""
        printed = self._printed
        self._printed = []
        merged: list[tuple[bool, list[str]]] = []
        for is_error, text in printed:
            if not merged or merged[-1][0] != is_error:
                merged.append((is_error, []))
            merged[-1][1].append(text)
        return tuple((is_error, "".join(texts)) for is_error, texts in merged)

    def _keep_out(self, text: str) -> None:
        self._keep(False, text)

    def _keep_error(self, text: str) -> None:
        self._keep(True, text)

    def _keep(self, is_error: bool, text: str) -> None:
        if self._left <= 0 or not text:
            return
        kept = str(text[: self._left])  # exactly a str
        self._left -= len(kept)
        self._printed.append((is_error, kept))
        if self._left == 0:
            self._printed.append((is_error, CUT))


class Printer:
    """Prints in the examiner what calls of one cell have printed, up to ``OUTPUT_CHARACTERS``."""

    def __init__(self) -> None:
        self._left = OUTPUT_CHARACTERS

    def show(self, printed: Iterable[tuple[bool, str]]) -> None:
        """Print ``printed``, which the candidate may have made up."""
        for is_error, text in printed:
            if self._left <= 0:
                return
            plain = text[: self._left].encode("utf-8", "replace").decode()
            self._left -= len(plain)
            if self._left == 0:
                plain += CUT
            print(plain, end="", file=sys.stderr if is_error else sys.stdout)


def is_printed(value: object) -> TypeGuard[Printed]:
    """Whether ``value``, from the candidate, has the form of :data:`Printed`."""
    return type(value) is tuple and all(
        type(entry) is tuple
        and len(entry) == 2
        and type(entry[0]) is bool
        and type(entry[1]) is str
        for entry in value
    )
