"""Arrays, tensors and frames arrive bit by bit, in memory of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from plain_values import (
    TENSOR_DTYPES,
    Crossing,
    arrays,
    crossed,
    frames,
    numpy_scalars,
    same,
    series,
    string_arrays,
    tensors,
    torch_scalars,
)

quick = settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow], database=None
)


@quick
@given(numpy_scalars | torch_scalars)
def test_scalars_of_numpy_and_torch_arrive_exactly(value: object) -> None:
    assert same(crossed(value), value)


@quick
@given(arrays() | string_arrays())
def test_arrays_arrive_bit_by_bit(value: Any) -> None:
    arrived = crossed(value)
    assert same(arrived, value)
    assert arrived.flags.writeable and arrived.flags.owndata


@quick
@given(tensors())
def test_tensors_arrive_bit_by_bit(value: torch.Tensor) -> None:
    arrived = crossed(value)
    assert same(arrived, value)
    assert arrived.is_leaf and arrived.is_contiguous()


@quick
@given(series())
def test_series_arrive_exactly(value: Any) -> None:
    assert same(crossed(value), value)


@quick
@given(frames())
def test_frames_arrive_exactly(value: Any) -> None:
    assert same(crossed(value), value)


@pytest.mark.parametrize("dtype", TENSOR_DTYPES, ids=str)
def test_tensors_without_dimensions_or_elements_keep_dtype_and_shape(dtype: torch.dtype) -> None:
    for shape in ((), (0,), (2, 0, 3), (1, 1)):
        assert same(crossed(torch.zeros(shape, dtype=dtype)), torch.zeros(shape, dtype=dtype))


def test_an_arrived_tensor_can_be_changed_resized_and_trained() -> None:
    crossing = Crossing()
    data = crossing.encode(torch.ones(3))
    one, other = crossing.decode(data), crossing.decode(data)
    one += 1
    one.resize_(4)
    assert other.tolist() == [1, 1, 1]
    leaf = crossed(torch.ones(3, requires_grad=True))
    (leaf * 2).sum().backward()
    assert leaf.grad.tolist() == [2, 2, 2]


def test_a_tensor_that_was_sent_can_still_be_resized() -> None:
    tensor = torch.ones(3)
    crossed(tensor)
    assert tensor.resize_(5).shape == (5,)


def test_an_arrived_array_can_be_changed_without_changing_the_reply() -> None:
    crossing = Crossing()
    data = crossing.encode(np.ones(3))
    one = crossing.decode(data)
    one[:] = 5
    assert crossing.decode(data).tolist() == [1, 1, 1]


def test_a_result_within_a_graph_arrives_as_a_leaf_with_its_values() -> None:
    weight = torch.ones(2, requires_grad=True)
    arrived = crossed(weight * 3)
    assert arrived.tolist() == [3, 3] and arrived.requires_grad and arrived.is_leaf


def test_lazily_conjugated_negated_and_inference_tensors_arrive_by_value() -> None:
    number = torch.tensor([1 + 2j])
    assert crossed(number.conj()).tolist() == [1 - 2j]
    assert crossed(number.conj().imag).tolist() == [-2]
    with torch.inference_mode():
        made = torch.ones(2) * 2
    assert crossed(made).tolist() == [2, 2]
    assert not crossed(made).is_inference()


def test_arrays_of_c_s_long_long_arrive_as_64_bit_integers() -> None:
    arrived = crossed(np.arange(3, dtype=np.longlong))
    assert arrived.dtype == np.int64 and arrived.tolist() == [0, 1, 2]


def test_a_frame_keeps_columns_that_have_one_name() -> None:
    frame = pd.DataFrame([[1, "a"], [2, "b"]], columns=["x", "x"])
    assert same(crossed(frame), frame)


def test_strings_of_pandas_keep_their_dtype() -> None:
    for dtype in (object, "str", "string"):
        column = pd.Series(["a", None], dtype=dtype)
        assert same(crossed(column), column)
        labels = pd.Series([1, 2], index=pd.Index(["a", "b"], dtype=dtype))
        assert same(crossed(labels), labels)
        assert same(crossed(column.to_frame()), column.to_frame())


def test_frames_without_rows_or_columns_arrive() -> None:
    for frame in (pd.DataFrame(), pd.DataFrame(index=range(3)), pd.DataFrame({"a": []})):
        assert same(crossed(frame), frame)
