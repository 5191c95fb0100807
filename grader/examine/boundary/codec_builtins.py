"""Python's own plain classes on the wire: scalars and containers."""

from __future__ import annotations

import operator
import struct
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import partial
from typing import Any, TypeVar

from grader.examine.boundary.codec_limits import RefusedReply, TooLargeError
from grader.examine.boundary.codec_wire import NotPlain, Reader, Row, Writer

FACTORIES: tuple[Callable[[], object] | None, ...] = (
    None, bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset,
    Counter, OrderedDict,
)  # fmt: skip
_Pairs = Iterable[tuple[object, object]]
_Dict = TypeVar("_Dict", bound=dict[Any, Any])
_DOUBLE, _TWO_DOUBLES = struct.Struct("<d"), struct.Struct("<dd")


def _write_nothing(writer: Writer, value: None) -> None:
    pass


def _read_none(reader: Reader) -> None:
    return None


def _write_bool(writer: Writer, value: bool) -> None:
    writer.u8(value)


def write_int(writer: Writer, value: int) -> None:
    """Two's complement in the fewest bytes that leave room for the sign."""
    if value.bit_length() > writer.caps.int_bits:
        raise TooLargeError(f"an integer of more than {writer.caps.int_bits} bits")
    writer.blob(value.to_bytes(_int_bytes(value), "little", signed=True))


def read_int(reader: Reader) -> int:
    content = reader.blob()
    if len(content) > reader.caps.int_bits // 8 + 1:
        raise RefusedReply("an integer of too many bits")
    value = int.from_bytes(content, "little", signed=True)
    if len(content) != _int_bytes(value):
        raise RefusedReply("an integer in more bytes than it needs")
    if value.bit_length() > reader.caps.int_bits:
        raise RefusedReply("an integer of too many bits")
    return value


def _int_bytes(value: int) -> int:
    return value.bit_length() // 8 + 1


def _write_float(writer: Writer, value: float) -> None:
    writer.raw(_DOUBLE.pack(value))


def _read_float(reader: Reader) -> float:
    number: float = reader.unpack(_DOUBLE)[0]
    return number


def _write_complex(writer: Writer, value: complex) -> None:
    writer.raw(_TWO_DOUBLES.pack(value.real, value.imag))


def _read_complex(reader: Reader) -> complex:
    return complex(*reader.unpack(_TWO_DOUBLES))


def write_text(writer: Writer, value: str) -> None:
    """UTF-8 that lets lone surrogates pass, as Python's strings do."""
    writer.blob(value.encode("utf-8", "surrogatepass"))


def read_text(reader: Reader) -> str:
    try:
        return str(reader.blob(), "utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise RefusedReply("text that is not UTF-8") from None


def _read_bytes(reader: Reader) -> bytes:
    return bytes(reader.blob())


def _write_bytearray(writer: Writer, value: bytearray) -> None:
    writer.blob(bytes(value))


def _read_bytearray(reader: Reader) -> bytearray:
    return bytearray(reader.blob())


def write_range(writer: Writer, value: range) -> None:
    for number in (value.start, value.stop, value.step):
        write_int(writer, number)


def read_range(reader: Reader) -> range:
    start, stop, step = read_int(reader), read_int(reader), read_int(reader)
    if step == 0:
        raise RefusedReply("a range with step 0")
    return range(start, stop, step)


def _write_sequence(writer: Writer, value: Sequence[object]) -> None:
    writer.items(value)


def _read_list(reader: Reader) -> list[object]:
    return list(reader.items())


def _read_tuple(reader: Reader) -> tuple[object, ...]:
    return tuple(reader.items())


def _write_set(writer: Writer, value: set[object] | frozenset[object]) -> None:
    with writer.hashable_only():
        writer.items(list(value))


def _read_set(reader: Reader) -> set[object]:
    with reader.hashable_only():
        members = reader.items()
    result = set(_in_bounded_time(reader, members))
    _refuse_doubles(members, result)
    return result


def _read_frozenset(reader: Reader) -> frozenset[object]:
    return frozenset(_read_set(reader))


def _write_dict(writer: Writer, value: dict[object, object]) -> None:
    """All keys, then all values: keys that are no plain data are met before any handle is made."""
    pairs = list(value.items())
    with writer.hashable_only():
        writer.items([key for key, _ in pairs])
    writer.items([each for _, each in pairs])


def _read_dict(make: Callable[[_Pairs], _Dict], reader: Reader) -> _Dict:
    with reader.hashable_only():
        keys = reader.items()
    values = reader.items()
    if len(keys) != len(values):
        raise RefusedReply("not as many values as keys")
    result = make(zip(_in_bounded_time(reader, keys), values, strict=True))
    _refuse_doubles(keys, result)
    return result


def _in_bounded_time(reader: Reader, keys: Sequence[object]) -> Iterator[object]:
    """``keys`` for a hash table; raises `RefusedReply` where they were made to collide.

    Keys of one hash are counted. Keys of different hashes can still be chosen so that each walks
    over all the others, and keys can take long to compare; those only the clock finds.
    """
    cap = reader.caps.equal_hashes
    if len(keys) > cap:
        hashes = sorted(map(hash, keys))
        if any(map(operator.eq, hashes, hashes[cap:])):
            raise RefusedReply("too many keys with one hash")
    end = time.perf_counter() + reader.hashing_left
    for key in keys:
        yield key
        if time.perf_counter() > end:
            raise RefusedReply("keys that take too long to hash")
    reader.hashing_left = end - time.perf_counter()


def _refuse_doubles(keys: Sequence[object], table: Sized) -> None:
    if len(keys) != len(table):
        raise RefusedReply("a key that is there twice")


def _counter(pairs: _Pairs) -> Counter[object]:
    return Counter(dict(pairs))


def _write_defaultdict(writer: Writer, value: defaultdict[object, object]) -> None:
    for place, factory in enumerate(FACTORIES):
        if value.default_factory is factory:
            writer.u8(place)
            _write_dict(writer, value)
            return
    raise NotPlain


def _read_defaultdict(reader: Reader) -> object:
    factory = reader.choice(FACTORIES)
    return _read_dict(lambda pairs: defaultdict(factory, pairs), reader)


def _scalar(
    name: str,
    write: Callable[[Writer, Any], None],
    read: Callable[[Reader], Any],
    nodes: int = 1,
) -> Row:
    return Row(name, write, read, hashable=True, nested=False, nodes=nodes)


SCALARS = (
    _scalar("types.NoneType", _write_nothing, _read_none),
    _scalar("builtins.bool", _write_bool, Reader.boolean),
    _scalar("builtins.int", write_int, read_int),
    _scalar("builtins.float", _write_float, _read_float),
    _scalar("builtins.complex", _write_complex, _read_complex),
    _scalar("builtins.str", write_text, read_text),
    _scalar("builtins.bytes", Writer.blob, _read_bytes),
    _scalar("builtins.range", write_range, read_range, nodes=3),
)
CONTAINERS = (
    Row("builtins.bytearray", _write_bytearray, _read_bytearray, nested=False),
    Row("builtins.list", _write_sequence, _read_list, nodes=4),
    Row("builtins.tuple", _write_sequence, _read_tuple, hashable=True, nodes=4),
    Row("builtins.set", _write_set, _read_set, nodes=4),
    Row("builtins.frozenset", _write_set, _read_frozenset, hashable=True, nodes=4),
    Row("builtins.dict", _write_dict, partial(_read_dict, dict), nodes=4),
    Row("collections.Counter", _write_dict, partial(_read_dict, _counter), nodes=4),
    Row("collections.OrderedDict", _write_dict, partial(_read_dict, OrderedDict), nodes=4),
    Row("collections.defaultdict", _write_defaultdict, _read_defaultdict, nodes=4),
)
