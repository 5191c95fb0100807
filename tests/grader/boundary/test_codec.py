"""What the table carries arrives as it was; what it does not carry arrives as a reference."""

from __future__ import annotations

import builtins
import collections
import enum
import math
import re
import subprocess
import sys
import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.examine.boundary.codec import TABLE, is_plain
from grader.examine.boundary.codec_builtins import FACTORIES
from plain_values import Crossing, Handle, containers, crossed, hashables, same, scalars

WRITING_TESTS = Path(__file__).parents[3] / "docs" / "writing-tests.md"
quick = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow], database=None
)


@quick
@given(scalars)
def test_scalars_arrive_exactly(value: object) -> None:
    assert same(crossed(value), value)


@quick
@given(st.recursive(hashables, containers, max_leaves=12))
def test_containers_arrive_exactly_with_their_order(value: object) -> None:
    assert same(crossed(value), value)


def test_text_with_lone_surrogates_arrives() -> None:
    for text in ("\ud800", "a\udcff", "\ud83d\ude00", "\N{GRINNING FACE}", "\0"):
        assert crossed(text) == text
        assert same(crossed(np.array([text + "."])), np.array([text + "."]))


@pytest.mark.parametrize("bits", [0, 1, 7, 8, 9, 31, 63, 64, 65, 4096])
def test_integers_at_the_edges_of_their_bytes_arrive(bits: int) -> None:
    edge = 2**bits
    numbers = [edge - 1, edge, edge + 1, -edge - 1, -edge, -edge + 1]
    assert [crossed(number) for number in numbers] == numbers
    assert same(crossed(numbers), numbers)


def test_a_run_of_numbers_keeps_each_number_s_class() -> None:
    for mixed in ([1, True], [1.0, np.float64(1)], [1, 1.0], [2**63, 1], [0.0, -0.0, math.nan]):
        assert same(crossed(mixed), mixed)


def test_keys_that_are_equal_to_nothing_stay_apart() -> None:
    arrived = crossed({math.nan: 1, float("nan"): 2})
    assert list(arrived.values()) == [1, 2]


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_defaultdict_keeps_its_factory(factory: Callable[[], object] | None) -> None:
    arrived = crossed(defaultdict(factory, {"a": 1}))
    assert type(arrived) is defaultdict
    assert arrived.default_factory is factory
    if factory is not None:
        assert arrived["new"] == factory()


def test_an_arrived_copy_shares_nothing_with_the_original() -> None:
    inner = [1]
    arrived = crossed([inner, inner])
    arrived[0].append(2)
    assert arrived == [[1, 2], [1]]
    assert inner == [1]


class Pair(NamedTuple):
    left: int
    right: int


class Text(str):
    pass


class Number(int):
    pass


class Colour(enum.IntEnum):
    RED = 1


class Liar:
    """Says that it is a list."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return list


class OddMeta(type):
    """Its classes cannot be hashed, and are equal to everything."""

    def __eq__(cls, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Odd(metaclass=OddMeta):
    pass


NOT_PLAIN: dict[str, Callable[[], Any]] = {
    "function": lambda: len,
    "class": lambda: int,
    "module": lambda: math,
    "generator": lambda: (i for i in ()),
    "slice": lambda: slice(1),
    "memoryview": lambda: memoryview(b"x"),
    "namedtuple": lambda: Pair(1, 2),
    "str subclass": lambda: Text("x"),
    "int subclass": lambda: Number(1),
    "enum": lambda: Colour.RED,
    "spoofed class": lambda: Liar(),
    "odd metaclass": lambda: Odd(),
    "keys view": lambda: {}.keys(),
    "defaultdict of a lambda": lambda: defaultdict(lambda: 1),
    "key that is an object": lambda: {"a": 1, object(): 2},
    "key that is a tensor": lambda: {torch.zeros(1): 1},
    "set of objects": lambda: {1, object()},
    "tuple of an object as a key": lambda: {(1, object()): 1},
    "object array": lambda: np.array([None]),
    "structured array": lambda: np.zeros(2, "i4,f4"),
    "dates": lambda: np.zeros(2, "M8[s]"),
    "long double": lambda: np.zeros(2, np.longdouble),
    "long double scalar": lambda: np.longdouble(1),
    "record": lambda: np.zeros(2, "i4,f4")[0],
    "matrix": lambda: np.matrix([[1]]),
    "masked array": lambda: np.ma.array([1, 2], mask=[True, False]),
    "parameter": lambda: torch.nn.Parameter(torch.zeros(2)),
    "sparse tensor": lambda: torch.eye(2).to_sparse(),
    "meta tensor": lambda: torch.zeros(2, device="meta"),
    "quantized tensor": lambda: torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8),
    "nested tensor": lambda: torch.nested.nested_tensor([torch.zeros(1), torch.zeros(2)]),
    "numpy dtype": lambda: np.dtype("f4"),
    "index": lambda: pd.Index([1]),
    "series of dates": lambda: pd.Series(pd.to_datetime(["2024-01-01"])),
    "series of lists": lambda: pd.Series([[1]]),
    "categories": lambda: pd.Series(["a"], dtype="category"),
    "masked integers": lambda: pd.Series([1], dtype="Int64"),
    "index of two levels": lambda: pd.Series([1], index=pd.MultiIndex.from_tuples([(1, 2)])),
    "frame with one column of dates": lambda: pd.DataFrame(
        {"a": [1], "b": pd.to_datetime(["2024-01-01"])}
    ),
}


@pytest.mark.filterwarnings("ignore")  # some of these are deprecated, or prototypes
@pytest.mark.parametrize("what", NOT_PLAIN)
def test_what_is_not_plain_is_a_reference_wherever_it_stands(what: str) -> None:
    value = NOT_PLAIN[what]()
    crossing = Crossing()
    arrived = crossing.decode(crossing.encode([1, value, {"a": (value,)}, "z"]))
    assert len(crossing.kept) == 2 and all(kept is value for kept in crossing.kept)
    assert arrived[0] == 1 and arrived[3] == "z"
    assert type(arrived[1]) is Handle and arrived[1].number == 0
    assert type(arrived[2]["a"][0]) is Handle and arrived[2]["a"][0].number == 1
    assert not is_plain(value) and not is_plain([value])


def test_tensors_inside_functional_transforms_are_references() -> None:
    crossing = Crossing()

    def seen(x: torch.Tensor) -> torch.Tensor:
        crossing.encode(x)
        return x.sum()

    torch.func.vmap(seen)(torch.ones(2, 2))
    assert len(crossing.kept) == 1


def test_values_of_a_dictionary_may_be_references() -> None:
    arrived = crossed({"f": len, 1: 2})
    assert type(arrived["f"]) is Handle and arrived[1] == 2


@pytest.mark.parametrize(
    "value", [None, [1, {"a": {2}}], np.zeros(2), torch.zeros(2), pd.Series([1]), Counter("a")]
)
def test_plain_data_is_known_as_plain(value: object) -> None:
    assert is_plain(value)


def test_what_is_endless_is_not_plain() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert not is_plain(endless)


def test_each_class_has_one_row_of_the_table() -> None:
    modules = {
        "builtins": builtins, "collections": collections, "types": types,
        "numpy": np, "torch": torch, "pandas": pd,
    }  # fmt: skip
    classes = []
    for row in TABLE:
        module, attribute = row.name.split(".")
        classes.append(getattr(modules[module], attribute))
    assert all(isinstance(each, type) for each in classes)
    assert len(set(classes)) == len(TABLE) < 256


def test_the_documentation_lists_what_the_table_carries() -> None:
    text = WRITING_TESTS.read_text(encoding="utf-8")
    sentence = re.search(r"\*\*Results\*\* come back [^:]*:(.*?)\. Everything else", text)
    assert sentence is not None
    said = set(re.findall(r"`([\w.]+)`", sentence[1]))
    words = {
        "None": "NoneType", "dtype": "torch.dtype", "device": "torch.device",
        "Series": "pandas.Series", "DataFrame": "pandas.DataFrame",
    }  # fmt: skip
    promised = {words.get(name, name) for name in said}
    assert "numpy scalars and arrays" in sentence[1] and "torch tensors" in sentence[1]
    promised.add("torch.Tensor")
    carried = {re.sub(r"^(builtins|types|collections)\.", "", row.name) for row in TABLE}
    assert {name for name in carried if not name.startswith("numpy.")} == promised
    assert {name for name in carried if name.startswith("numpy.")} == {
        "numpy.ndarray", "numpy.bool", "numpy.str_", "numpy.bytes_",
        *(f"numpy.{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
        "numpy.float16", "numpy.float32", "numpy.float64", "numpy.complex64", "numpy.complex128",
    }  # fmt: skip


def test_neither_side_imports_a_library_that_is_not_needed() -> None:
    program = """
import sys
from grader.examine.boundary.codec import Caps, decode, encode
value = {"a": [1, 2.0, "x"], "f": len}
data = encode(value, reference=lambda _: 1, caps=Caps())
assert decode(data, reference=lambda _: len, caps=Caps()) == value
assert not {"numpy", "torch", "pandas"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_library_that_a_student_replaced_by_a_stub_is_none() -> None:
    program = """
import sys, types
sys.modules["pandas"] = types.ModuleType("pandas")
sys.modules["torch"] = None
from grader.examine.boundary.codec import Caps, decode, encode
assert decode(encode([1], reference=id, caps=Caps()), reference=id, caps=Caps()) == [1]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_ordered_dictionaries_keep_an_order_changed_later() -> None:
    value = OrderedDict(a=1, b=2)
    value.move_to_end("a")
    assert list(crossed(value)) == ["b", "a"]
