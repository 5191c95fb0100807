"""The calls with which no test may read what a student's code made: a table.

The examiner trusts nothing that the student's code made. It must not unpickle it, since a pickle
is a program; and it must not map it into memory, since a file that is cut short while it is mapped
ends whoever reads there.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from enum import Enum

from grader.release.rules.calls import Calls, short
from grader.release.rules.finding import Problem


class Harm(Enum):
    """What a call may do to the examiner, and what to do instead."""

    RUNS = (
        "unpickles, or runs code by other means: a student's data could do so in the examiner.",
        "Let the student's function return plain data, or save text, JSON or safetensors.",
    )
    MAPS = (
        "maps a file into memory: cut short while it is read, it ends the examiner.",
        "Read the bytes first: safetensors.torch.load(path.read_bytes()), np.load(path).",
    )


@dataclass(frozen=True)
class Option:
    """An argument that makes a call harmful unless it is one of the ``harmless``.

    The harmless are constants, or the last parts of names. ``place`` is its position where it need
    not be named. Left out it is harmless if it is so ``by_default``.
    """

    name: str
    place: int | None
    harmless: tuple[object, ...]
    harm: Harm
    by_default: bool = True


_UNPICKLING = ("load", "loads", "Unpickler")
ALWAYS: dict[str, Harm] = {
    **{
        f"{module}.{name}": Harm.RUNS
        for module in ("pickle", "_pickle", "cloudpickle", "dill")
        for name in _UNPICKLING
    },
    # With weights_only=True too: its documentation says never to load what an untrusted source
    # made, and that this option guards neither against exhaustion nor against damaged memory.
    "torch.load": Harm.RUNS,
    "torch.jit.load": Harm.RUNS,
    "torch.package.PackageImporter": Harm.RUNS,
    "dill.load_module": Harm.RUNS,
    "dill.load_session": Harm.RUNS,
    "joblib.load": Harm.RUNS,
    "jsonpickle.decode": Harm.RUNS,
    "marshal.load": Harm.RUNS,
    "marshal.loads": Harm.RUNS,
    "pandas.HDFStore": Harm.RUNS,
    "pandas.read_hdf": Harm.RUNS,
    "pandas.read_pickle": Harm.RUNS,
    "shelve.open": Harm.RUNS,
    "yaml.full_load": Harm.RUNS,
    "yaml.full_load_all": Harm.RUNS,
    "yaml.unsafe_load": Harm.RUNS,
    "yaml.unsafe_load_all": Harm.RUNS,
    "datasets.load_from_disk": Harm.MAPS,
    "mmap.mmap": Harm.MAPS,
    "numpy.lib.format.open_memmap": Harm.MAPS,
    "numpy.memmap": Harm.MAPS,
    "pyarrow.memory_map": Harm.MAPS,
    "safetensors.numpy.load_file": Harm.MAPS,
    "safetensors.safe_open": Harm.MAPS,
    "safetensors.torch.load_file": Harm.MAPS,
    "safetensors.torch.load_model": Harm.MAPS,
    "torch.from_file": Harm.MAPS,
}
_SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "BaseLoader", "CBaseLoader")
SOMETIMES: dict[str, tuple[Option, ...]] = {
    "numpy.load": (
        Option("allow_pickle", 2, (False,), Harm.RUNS),
        Option("mmap_mode", 1, (None,), Harm.MAPS),
    ),
    "pandas.read_csv": (Option("memory_map", None, (False,), Harm.MAPS),),
    "pandas.read_table": (Option("memory_map", None, (False,), Harm.MAPS),),
    "yaml.load": (Option("Loader", 1, _SAFE_LOADERS, Harm.RUNS, by_default=False),),
    "yaml.load_all": (Option("Loader", 1, _SAFE_LOADERS, Harm.RUNS, by_default=False),),
}


def check(node: ast.Call, calls: Calls) -> Problem | None:
    """The problem of a call that may harm the examiner, if it is one."""
    if not calls.imported(node):
        return None
    name = calls.name(node)
    harms = [option.harm for option in SOMETIMES.get(name, ()) if not _is_harmless(option, node)]
    if name in ALWAYS:
        harms.append(ALWAYS[name])
    if not harms:
        return None
    what, remedy = harms[0].value
    return "unsafe-data", f"`{short(node)}` {what}", remedy


def _is_harmless(option: Option, node: ast.Call) -> bool:
    if any(keyword.arg is None for keyword in node.keywords):
        return False  # **options may hold anything
    named = [keyword.value for keyword in node.keywords if keyword.arg == option.name]
    if not named and option.place is not None:
        before = node.args[: option.place + 1]
        if any(isinstance(argument, ast.Starred) for argument in before):
            return False
        named = node.args[option.place : option.place + 1]
    if not named:
        return option.by_default
    match named[0]:
        case ast.Constant(value=value):
            return any(value is harmless for harmless in option.harmless)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in option.harmless
    return False
