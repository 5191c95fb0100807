"""Plain data for the boundary's tests: hypothesis strategies, and equality that is exact."""

from __future__ import annotations

import math
import struct
from collections import Counter, OrderedDict, defaultdict
from typing import Any

import numpy as np
import pandas as pd
import torch
from hypothesis import strategies as st

from grader.examine.boundary.codec import Caps, decode, encode
from grader.examine.boundary.codec_arrays import DTYPES
from grader.examine.boundary.codec_builtins import FACTORIES

CAPS = Caps()
TENSOR_DTYPES = (
    torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64,
    torch.int8, torch.int16, torch.int32, torch.int64,
    torch.float16, torch.bfloat16, torch.float32, torch.float64,
    torch.complex64, torch.complex128,
    torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz,
)  # fmt: skip
CAN_HAVE_GRADIENT = (torch.float32, torch.float64, torch.bfloat16, torch.complex64)


class Handle:
    """What the tests make of a reference."""

    def __init__(self, number: int) -> None:
        self.number = number


class Crossing:
    """Both ends of the boundary, and the objects that stayed behind."""

    def __init__(self, caps: Caps = CAPS) -> None:
        self.caps = caps
        self.kept: list[object] = []

    def keep(self, value: object) -> int:
        self.kept.append(value)
        return len(self.kept) - 1

    def encode(self, value: object) -> bytes:
        return encode(value, reference=self.keep, caps=self.caps)

    def decode(self, data: bytes) -> Any:
        return decode(data, reference=Handle, caps=self.caps)


def crossed(value: object, caps: Caps = CAPS) -> Any:
    """``value`` as it arrives."""
    crossing = Crossing(caps)
    return crossing.decode(crossing.encode(value))


def same(left: Any, right: Any) -> bool:
    """Whether both are of one class, all the way down, and equal bit by bit."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float) and not isinstance(left, np.generic):
        return struct.pack("<d", left) == struct.pack("<d", right)
    if type(left) is complex:
        return same((left.real, left.imag), (right.real, right.imag))
    if isinstance(left, defaultdict) and left.default_factory is not right.default_factory:
        return False
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, set | frozenset):
        return len(left) == len(right) and all(
            any(same(one, other) for other in right) for one in left
        )
    if isinstance(left, np.ndarray | np.generic):
        return (
            left.dtype.str == right.dtype.str
            and left.shape == right.shape
            and left.tobytes() == right.tobytes()
        )
    if isinstance(left, torch.Tensor):
        return (
            left.dtype == right.dtype
            and left.shape == right.shape
            and left.requires_grad == right.requires_grad
            and _bytes(left) == _bytes(right)
        )
    if isinstance(left, range):
        return same([left.start, left.stop, left.step], [right.start, right.stop, right.step])
    if isinstance(left, pd.Series):
        return same(left.name, right.name) and _same_columns([left], [right])
    if isinstance(left, pd.DataFrame):
        places = range(left.shape[1])
        return (
            left.shape == right.shape
            and _same_index(left.columns, right.columns)
            and _same_columns([left.iloc[:, i] for i in places], [right.iloc[:, i] for i in places])
        )
    return bool(left == right)


def _bytes(tensor: torch.Tensor) -> bytes:
    dense = tensor.detach().clone(memory_format=torch.contiguous_format)
    return dense.view(-1).view(torch.uint8).numpy().tobytes()


def _same_columns(left: list[Any], right: list[Any]) -> bool:
    return all(
        _same_index(one.index, other.index)
        and one.dtype == other.dtype
        and _same_elements(one, other)
        for one, other in zip(left, right, strict=True)
    )


def _same_index(left: Any, right: Any) -> bool:
    return (
        type(left) is type(right)
        and left.dtype == right.dtype
        and same(left.name, right.name)
        and _same_elements(left, right)
    )


def _same_elements(left: Any, right: Any) -> bool:
    def plain(column: Any) -> list[object]:
        return [
            "missing" if gone else each for each, gone in zip(column, column.isna(), strict=True)
        ]

    return same(plain(left), plain(right))


any_text = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too
utf8_text = st.text(max_size=8)  # all that pandas' own strings can be where pyarrow keeps them
any_float = st.integers(0, 2**64 - 1).map(
    lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]
)
floats = any_float | st.floats() | st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan])
integers = st.integers(-(2**300), 2**300) | st.integers(-300, 300)
steps = st.integers(-9, 9).filter(bool)
ranges = st.builds(range, integers, integers, steps)
scalars = (
    st.none()
    | st.booleans()
    | integers
    | floats
    | st.builds(complex, floats, floats)
    | any_text
    | st.binary(max_size=8)
    | ranges
)
fixed_dtypes = st.sampled_from([code for code in DTYPES if len(code) > 2])
string_dtypes = st.builds(
    lambda kind, size: f"{kind}{size}", st.sampled_from(["|S", "<U", ">U"]), st.integers(1, 4)
)
shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
VIEWS = {
    "as it is": lambda array: array,
    "transposed": lambda array: array.T if array.ndim == 2 else array,
    "every second": lambda array: array[::2] if array.ndim else array,
    "a part": lambda array: array[..., 1:] if array.ndim else array,
}


@st.composite
def arrays(draw: st.DrawFn, dtypes: st.SearchStrategy[str] = fixed_dtypes) -> Any:
    """Arrays of any bits: not a number with any payload, contiguous or not."""
    dtype, shape = np.dtype(draw(dtypes)), draw(shapes)
    size = math.prod(shape) * dtype.itemsize
    raw = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), np.uint8)
    raw = raw & 1 if dtype.kind == "b" else raw
    array = raw.view(dtype).reshape(shape) if size else np.empty(shape, dtype)
    view = draw(st.sampled_from(sorted(VIEWS)))
    return VIEWS[view](array)


@st.composite
def string_arrays(draw: st.DrawFn) -> Any:
    dtype = np.dtype(draw(string_dtypes))
    elements = st.binary(max_size=4) if dtype.kind == "S" else any_text
    return np.array(draw(st.lists(elements, max_size=4)), dtype=dtype)


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    dtype, shape = draw(st.sampled_from(TENSOR_DTYPES)), draw(shapes)
    size = math.prod(shape) * dtype.itemsize
    raw = torch.tensor(list(draw(st.binary(min_size=size, max_size=size))), dtype=torch.uint8)
    raw = raw & 1 if dtype is torch.bool else raw
    tensor = raw.view(dtype).reshape(shape) if size else torch.empty(shape, dtype=dtype)
    view = draw(st.sampled_from(sorted(VIEWS)))
    tensor = VIEWS[view](tensor)
    return tensor.requires_grad_(dtype in CAN_HAVE_GRADIENT and draw(st.booleans()))


numpy_scalars = (
    arrays(fixed_dtypes.filter(lambda code: code[0] != ">")).filter(lambda array: array.size)
    .map(lambda array: array.reshape(-1)[0])
    | any_text.map(lambda text: np.str_(text))
    | st.binary(max_size=8).map(lambda content: np.bytes_(content))
)  # fmt: skip
torch_scalars = (
    st.sampled_from([*TENSOR_DTYPES, torch.complex32, torch.qint8])
    | st.lists(st.integers(0, 2**40), max_size=4).map(torch.Size)
    | st.sampled_from([torch.device("cpu"), torch.device("cuda", 127), torch.device("mps", 0)])
)
hashables = st.recursive(
    scalars | numpy_scalars | torch_scalars,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
columns = (
    arrays(st.sampled_from(["|b1", "<i8", "|u1", "<f4", "<f8", "<c16"])).map(
        lambda a: a.reshape(-1)
    )
    | st.lists(utf8_text | st.none(), max_size=4).map(lambda texts: pd.array(texts, dtype="str"))
    | st.lists(utf8_text | st.none(), max_size=4).map(lambda texts: pd.array(texts, dtype="string"))
    | st.lists(any_text | st.none() | floats | integers, max_size=4).map(
        lambda values: pd.Series(values, dtype=object).to_numpy()
    )
)


@st.composite
def indexes(draw: st.DrawFn, rows: int) -> Any:
    """Row or column labels: a range, integers, floats, or strings."""
    name = draw(hashables)
    if draw(st.booleans()):
        start, step = draw(st.integers(-9, 9)), draw(steps)
        return pd.RangeIndex(start, start + rows * step, step, name=name)
    labels: st.SearchStrategy[Any] = draw(
        st.sampled_from([st.integers(-(2**60), 2**60), st.floats(), utf8_text])
    )
    return pd.Index(draw(st.lists(labels, min_size=rows, max_size=rows)), name=name)


@st.composite
def series(draw: st.DrawFn) -> Any:
    column = draw(columns)
    index = draw(indexes(len(column)))
    return pd.Series(column, index=index, name=draw(hashables), dtype=column.dtype)


@st.composite
def frames(draw: st.DrawFn) -> Any:
    found = draw(st.lists(columns, max_size=3))
    rows = min(map(len, found), default=draw(st.integers(0, 3)))
    index = draw(indexes(rows))
    frame = pd.DataFrame(
        {i: pd.Series(each[:rows], index=index, dtype=each.dtype) for i, each in enumerate(found)},
        index=index,
    )
    frame.columns = draw(indexes(len(found)))
    return frame


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Each of Python's own containers, of ``inner`` values."""
    mappings = st.dictionaries(hashables, inner, max_size=4)
    return (
        st.lists(inner, max_size=4)
        | st.lists(integers, max_size=4)
        | st.lists(floats, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.sets(hashables, max_size=4)
        | mappings
        | mappings.map(Counter)
        | mappings.map(OrderedDict)
        | st.builds(defaultdict, st.sampled_from(FACTORIES), mappings)
    )


byte_arrays = st.binary(max_size=8).map(bytearray)
values = st.recursive(
    hashables | byte_arrays | arrays() | string_arrays() | tensors() | series() | frames(),
    containers,
    max_leaves=6,
)
