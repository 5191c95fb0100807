"""Whatever bytes arrive, the examiner gets a value or a refusal."""

from __future__ import annotations

import os
import pickle
import struct
import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.examine.boundary.codec import TABLE, RefusedReply, decode
from plain_values import CAPS, Crossing, Handle, crossed, values
from replies import INT, LIST, NONE, SMALL, TAGS, TRUE_OR_FALSE, mixed, refused, u32, u64

thorough = settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
)


def value_or_refusal(data: bytes) -> None:
    """Decode, and use what came as a test might; anything but `RefusedReply` goes through."""
    try:
        value = decode(data, reference=Handle, caps=SMALL)
    except RefusedReply:
        return
    repr(value)


@thorough
@given(st.binary(max_size=200))
def test_random_bytes_give_a_value_or_a_refusal(data: bytes) -> None:
    value_or_refusal(data)


@thorough
@given(st.sampled_from(sorted(TAGS.values())), st.lists(st.binary(max_size=9), max_size=9))
@example(TAGS["pandas.DataFrame"], [b""])
def test_random_bytes_after_each_tag_give_a_value_or_a_refusal(
    tag: bytes, rest: list[bytes]
) -> None:
    value_or_refusal(tag + b"".join(u32(len(part)) + part for part in rest))


@thorough
@given(st.data(), values)
def test_damaged_replies_give_a_value_or_a_refusal(data: st.DataObject, value: object) -> None:
    reply = bytearray(Crossing().encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(reply) - 1))
        reply[place] = data.draw(st.sampled_from([0, 1, 2, 127, 128, 255]) | st.integers(0, 255))
    value_or_refusal(bytes(reply))


@thorough
@given(st.data(), values)
def test_a_reply_cut_short_or_continued_is_refused(data: st.DataObject, value: object) -> None:
    reply = Crossing().encode(value)
    refused(reply[: data.draw(st.integers(0, len(reply) - 1))])
    refused(reply + data.draw(st.binary(min_size=1, max_size=3)))


class Hostile:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("echo this must never be run; exit 1",)


def test_a_pickle_is_refused() -> None:
    refused(pickle.dumps(Hostile()))


def test_a_length_is_held_against_the_bytes_before_memory_is_taken() -> None:
    bytes_tag = TAGS["bytes"]
    claims = [
        LIST + u32(2**32 - 1) + b"\0", LIST + u32(2**20) + b"\1", bytes_tag + u32(2**32 - 1),
        TAGS["str"] + u32(2**31), TAGS["dict"] + u32(2**31) + b"\0",
        TAGS["set"] + u32(2**20) + b"\2", INT + u32(8000),
        *(
            array + bytes([place]) * 1 + extra + b"\2" + u64(2**15) + u64(2**15)
            for array, place, extra in (
                (TAGS["numpy.ndarray"], 11, b""), (TAGS["torch.Tensor"], 11, b"\0"),
                (TAGS["torch.Tensor"], 0, b"\1"),
            )
        ),
    ]  # fmt: skip
    tracemalloc.start()
    try:
        for claim in claims:
            refused(claim + b"\0" * 100)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "shape",
    [(2**64 - 1,), (2**63, 2), (2**32, 2**32), (2**62, 4), (3,), (1, 1), (0, 2**41), (0, 2**63)],
)  # fmt: skip
def test_a_shape_that_its_bytes_do_not_fill_is_refused(shape: tuple[int, ...]) -> None:
    dimensions = bytes([len(shape)]) + b"".join(map(u64, shape))
    eight = b"\0" * 8 if 0 not in shape else b""
    for data in (
        TAGS["numpy.ndarray"] + b"\x04" + dimensions + eight * 2,
        TAGS["torch.Tensor"] + b"\x08\0" + dimensions + eight * 2,
    ):
        refused(data)


def test_an_array_of_too_many_dimensions_is_refused() -> None:
    shape = b"\x21" + u64(1) * 33
    for head in (TAGS["numpy.ndarray"] + b"\x04", TAGS["torch.Tensor"] + b"\x08\0"):
        assert "dimensions" in refused(head + shape + b"\0" * 8)


def test_truth_values_other_than_0_and_1_are_refused() -> None:
    assert decode(TRUE_OR_FALSE + b"\1", reference=Handle, caps=CAPS) is True
    for data in (
        TRUE_OR_FALSE + b"\2",
        TRUE_OR_FALSE + b"\xff",
        Crossing().encode(np.True_)[:-1] + b"\2",
        Crossing().encode(np.ones(2, bool))[:-1] + b"\2",
        Crossing().encode(torch.ones(2, dtype=torch.bool))[:-1] + b"\xff",
    ):
        refused(data)


def test_integers_have_one_form() -> None:
    assert crossed(-1) == -1
    for content in (b"", b"\0\0", b"\xff\xff", b"\1\0\0", b"\x80"):
        refused(INT + u32(len(content)) + content)


def test_text_that_is_not_unicode_is_refused() -> None:
    for content in (b"\xff", b"\xc0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"):
        refused(TAGS["str"] + u32(len(content)) + content)
    for order in ("<", ">"):
        array = np.array(["ab"], dtype=f"{order}U2")
        beyond = struct.pack(f"{order}I", 0x110000)
        assert "Unicode" in refused(Crossing().encode(array)[:-4] + beyond)


def test_tags_and_choices_that_do_not_exist_are_refused() -> None:
    for data in (
        bytes([len(TABLE) + 1]), b"\xff", b"",
        TAGS["torch.dtype"] + b"\xff", TAGS["torch.device"] + b"\xff\0",
        TAGS["torch.device"] + b"\0\x80",
        TAGS["collections.defaultdict"] + b"\x63" + mixed() + mixed(),
        TAGS["numpy.ndarray"] + b"\xff\0", TAGS["torch.Tensor"] + b"\x30\0\0",
        LIST + u32(1) + b"\3" + NONE, LIST + u32(0) + b"\1",
    ):  # fmt: skip
        refused(data)


def test_keys_that_cannot_be_keys_are_refused_without_a_look_at_them() -> None:
    reference, value = b"\0" + u64(1), NONE
    unhashable = [LIST + mixed(), TAGS["dict"] + mixed() + mixed(), TAGS["set"] + mixed(),
                  Crossing().encode(np.zeros(1)), Crossing().encode(torch.zeros(1)),
                  Crossing().encode(pd.Series([1]))]  # fmt: skip
    for key in (reference, *unhashable):
        nested = TAGS["tuple"] + mixed(key)
        for each in (key, nested, TAGS["frozenset"] + mixed(key)):
            refused(TAGS["dict"] + mixed(each) + mixed(value))
            refused(TAGS["set"] + mixed(each))


@pytest.mark.parametrize(
    "mapping", [name for name in TAGS if name == "dict" or "collections" in name]
)
def test_a_key_that_is_there_twice_is_refused(mapping: str) -> None:
    tag = TAGS[mapping] + (b"\0" if "default" in mapping else b"")
    one, true = INT + u32(1) + b"\1", TRUE_OR_FALSE + b"\1"
    for keys in ((one, one), (one, true), (NONE, NONE)):
        assert "twice" in refused(tag + mixed(*keys) + mixed(NONE, NONE))
    refused(tag + mixed(one) + mixed(NONE, NONE))
    refused(tag + mixed(one) + mixed())


def test_a_member_that_is_there_twice_is_refused() -> None:
    for kind in ("set", "frozenset"):
        assert "twice" in refused(TAGS[kind] + mixed(NONE, NONE))


def test_a_range_or_an_index_without_step_is_refused() -> None:
    zero, one = u32(1) + b"\0", u32(1) + b"\1"
    refused(TAGS["range"] + zero + one + zero)
    index = NONE + b"\1" + zero + one + zero
    assert "step" in refused(TAGS["pandas.DataFrame"] + index + index)


def test_sizes_that_are_no_numbers_are_refused() -> None:
    assert "size" in refused(TAGS["torch.Size"] + mixed(NONE))
    assert "size" in refused(TAGS["torch.Size"] + mixed(TRUE_OR_FALSE + b"\1"))
    assert "size" in refused(TAGS["torch.Size"] + mixed(Crossing().encode(2**64)))


def test_a_gradient_of_integers_is_refused() -> None:
    reply = bytearray(Crossing().encode(torch.zeros(2, dtype=torch.int64)))
    reply[2] = 1
    assert "gradient" in refused(bytes(reply))


def test_a_column_holds_numbers_and_strings_only() -> None:
    index = NONE + b"\1" + Crossing().encode(range(1))[1:]
    series = TAGS["pandas.Series"] + NONE + index
    assert Crossing().decode(series + b"\1" + mixed(NONE)).tolist() == [None]
    for column in (
        b"\1" + mixed(LIST + mixed()),
        b"\2\0\0" + mixed(INT + u32(1) + b"\1"),
        b"\0" + Crossing().encode(np.zeros((1, 1)))[1:],
        b"\0" + Crossing().encode(np.array(["a"]))[1:],
    ):
        assert "column" in refused(series + column)


def test_an_index_beyond_64_bits_is_refused() -> None:
    index = NONE + b"\1" + Crossing().encode(range(2**64, 2**64 + 1))[1:]
    assert "64 bits" in refused(TAGS["pandas.DataFrame"] + index + index)


def test_a_column_longer_than_its_index_is_refused() -> None:
    reply = Crossing().encode(pd.Series([1.0, 2.0]))
    assert "index" in refused(reply.replace(u32(1) + b"\2", u32(1) + b"\1", 1))


def test_a_handle_that_nobody_gave_is_a_refusal() -> None:
    handles: dict[int, object] = {}
    with pytest.raises(RefusedReply):
        decode(b"\0" + u64(7), reference=handles.__getitem__, caps=CAPS)
