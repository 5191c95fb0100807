"""Values too deep, too many or too large are refused on both sides: soon, and in little memory."""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from grader.examine.boundary.codec import (
    Caps,
    CellBytes,
    RefusedReply,
    TooLargeError,
    decode,
    encode,
)
from plain_values import CAPS, Crossing, Handle, crossed
from replies import LIST, NONE, SMALL, TAGS, mixed, refused, u32, u64


@pytest.mark.parametrize("make", [set, frozenset, lambda keys: dict.fromkeys(keys, 1), Counter])
def test_keys_of_one_hash_are_counted(make: Callable[[list[int]], Any]) -> None:
    keys = [i * sys.hash_info.modulus for i in range(1, CAPS.equal_hashes + 2)]
    assert len(crossed(make([*keys[:-1], 1, 2, 3]))) == CAPS.equal_hashes + 3
    assert "one hash" in refused(Crossing().encode(make(keys)))


def test_keys_that_collide_with_different_hashes_are_stopped_by_the_clock() -> None:
    keys = list(range(300))
    assert crossed(dict.fromkeys(keys), Caps(hashing_s=60.0)) == dict.fromkeys(keys)
    impatient = Caps(hashing_s=0.0)
    for value in (dict.fromkeys(keys), set(keys), OrderedDict.fromkeys(keys)):
        assert "too long" in refused(Crossing().encode(value), impatient)


def test_the_clock_is_one_for_all_tables_of_a_reply() -> None:
    sets = [{i, i + 1} for i in range(2000)]
    assert "too long" in refused(Crossing().encode(sets), Caps(hashing_s=1e-5))


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_depth_is_capped_on_both_sides() -> None:
    assert crossed(nested(5), SMALL) == nested(5)
    with pytest.raises(TooLargeError, match="deep"):
        encode(nested(6), reference=id, caps=SMALL)
    assert "deep" in refused(Crossing().encode(nested(6)), SMALL)
    assert "deep" in refused(Crossing().encode({(((((1,),),),),): 1}), SMALL)


def test_no_depth_ends_in_a_crash() -> None:
    one = u32(1) + b"\0"
    in_a_dict = TAGS["dict"] + mixed(NONE)
    for opening in (LIST + one, TAGS["tuple"] + one, TAGS["frozenset"] + one, in_a_dict + one):
        assert "deep" in refused(opening * 100_000)
        with pytest.raises(RefusedReply):
            decode(opening * 100_000, reference=Handle, caps=Caps(depth=10**9))
    endless: list[object] = []
    endless.append(endless)
    for caps in (CAPS, Caps(depth=10**9)):
        with pytest.raises(TooLargeError, match="deep"):
            encode(endless, reference=id, caps=caps)


def test_endless_values_are_too_large_whatever_they_are_made_of() -> None:
    mapping: dict[str, object] = {}
    mapping["self"] = [mapping, mapping]
    for endless in (mapping, [mapping], defaultdict(list, {1: mapping})):
        with pytest.raises(TooLargeError):
            encode(endless, reference=id, caps=CAPS)


@pytest.mark.parametrize(
    "value",
    [[1] * 47, [None] * 47, [1.5] * 47, list("ab" * 24), set(range(47)), [(1,)] * 10,
     [np.zeros(1)] * 6, [torch.zeros(1)] * 3, [np.int8(1)] * 24, [range(1)] * 16, [[]] * 12,
     pd.Series([1])],
    ids=repr,
)  # fmt: skip
def test_values_are_counted_on_both_sides(value: object) -> None:
    with pytest.raises(TooLargeError, match="many values"):
        encode(value, reference=id, caps=SMALL)
    assert "many values" in refused(Crossing().encode(value), SMALL)


def test_references_are_counted() -> None:
    functions = [len] * 47
    with pytest.raises(TooLargeError, match="many values"):
        encode(functions, reference=lambda _: 1, caps=SMALL)
    assert "many values" in refused(Crossing().encode(functions), SMALL)


def test_as_many_values_as_the_cap_allows_arrive() -> None:
    assert crossed([1] * 46, SMALL) == [1] * 46


def test_integer_bits_are_capped_on_both_sides() -> None:
    for most in (2**100 - 1, -(2**100) + 1):
        assert crossed(most, SMALL) == most
    for beyond in (2**100, -(2**100), 2**10_000):
        for value in (beyond, range(beyond)):
            with pytest.raises(TooLargeError, match="bits"):
                encode(value, reference=id, caps=SMALL)
            refused(Crossing().encode(value), SMALL)


@pytest.mark.parametrize(
    "value", ["x" * 996, b"x" * 996, np.zeros(999, np.int8), torch.zeros(250)], ids=type
)
def test_bytes_are_capped_on_both_sides(value: object) -> None:
    with pytest.raises(TooLargeError, match="1000 bytes"):
        encode(value, reference=id, caps=SMALL)
    assert "1000 bytes" in refused(Crossing().encode(value), SMALL)


def test_an_array_that_repeats_few_bytes_is_not_unfolded_before_it_is_measured() -> None:
    for huge in (
        np.broadcast_to(np.zeros(1), (2**30, 2**20)),
        torch.zeros(1).expand(2**30, 2**20),
        [torch.zeros(1).expand(2**40)],
    ):
        with pytest.raises(TooLargeError):
            encode(huge, reference=id, caps=CAPS)


def test_strings_of_arrays_are_capped() -> None:
    assert same_text(crossed(np.array(["abcd"]), SMALL), "abcd")
    crossing = Crossing(SMALL)
    crossing.encode(np.array(["abcde"]))
    assert len(crossing.kept) == 1
    refused(Crossing().encode(np.array(["abcde"])), SMALL)
    kind = Crossing().encode(np.array([b"a"]))[1:2]
    for itemsize in (0, 2**32 - 1):
        refused(TAGS["numpy.ndarray"] + kind + u32(itemsize) + b"\1" + u64(0))


def same_text(array: Any, text: str) -> bool:
    return array.shape == (1,) and array[0] == text


def test_an_index_of_more_rows_than_values_are_allowed_is_refused() -> None:
    frame = pd.DataFrame(index=range(10**12))
    with pytest.raises(TooLargeError, match="rows"):
        encode(frame, reference=id, caps=CAPS)
    assert "rows" in refused(encode(frame, reference=id, caps=Caps(nodes=10**13)))


def test_the_bytes_of_one_cell_are_capped_together() -> None:
    cell = CellBytes(SMALL)
    cell.spend(1500)
    cell.spend(1000)
    cell.spend(0)
    with pytest.raises(RefusedReply, match="together"):
        cell.spend(1)
