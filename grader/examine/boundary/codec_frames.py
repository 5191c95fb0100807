"""pandas on the wire: Series and DataFrame of numbers, truth values and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.examine.boundary.codec_arrays import read_array, write_array
from grader.examine.boundary.codec_builtins import read_range, write_range
from grader.examine.boundary.codec_limits import RefusedReply, TooLargeError
from grader.examine.boundary.codec_wire import NotPlain, Reader, Row, Writer

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS, _OBJECTS, _STRINGS = "numbers", "objects", "strings"
_FORMS = (_NUMBERS, _OBJECTS, _STRINGS)  # of a column or an index
_STORAGES = ("python", "pyarrow")  # of pandas' own strings
_IN_OBJECTS = (type(None), bool, int, float, str)
_COLUMN_NODES = 40
_INT64_MAX = 2**63 - 1


def _write_column(writer: Writer, column: pd.Series | pd.Index) -> None:
    """The values of a Series or an Index."""
    import numpy as np
    import pandas as pd

    dtype = column.dtype
    writer.charge(_COLUMN_NODES)
    if isinstance(dtype, np.dtype) and dtype.kind in "biufc":
        writer.u8(_FORMS.index(_NUMBERS))
        write_array(writer, column.to_numpy())
    elif isinstance(dtype, np.dtype) and dtype.kind == "O":
        values = list(column.to_numpy())
        if not all(type(value) in _IN_OBJECTS for value in values):
            raise NotPlain
        writer.u8(_FORMS.index(_OBJECTS))
        writer.items(values)
    elif type(dtype) is pd.StringDtype and dtype.storage in _STORAGES:
        writer.u8(_FORMS.index(_STRINGS))
        writer.u8(_STORAGES.index(dtype.storage))
        writer.u8(dtype.na_value is pd.NA)
        values = column.to_numpy(dtype=object)
        missing = column.isna()
        writer.items(
            [None if gone else str(each) for each, gone in zip(values, missing, strict=True)]
        )
    else:
        raise NotPlain


def _read_column(reader: Reader) -> Any:
    """An array of numpy's or of pandas'; pandas would guess another dtype, so hand it this one."""
    import numpy as np
    import pandas as pd

    reader.charge(_COLUMN_NODES)
    form = reader.choice(_FORMS)
    if form == _NUMBERS:
        numbers = read_array(reader)
        if numbers.ndim != 1 or numbers.dtype.kind not in "biufc":
            raise RefusedReply("a column that is no row of numbers")
        return numbers
    if form == _OBJECTS:
        values = reader.items()
        if not all(type(value) in _IN_OBJECTS for value in values):
            raise RefusedReply("a column of something else than numbers and strings")
        column = np.empty(len(values), dtype=object)
        column[:] = values
        return column
    dtype = pd.StringDtype(reader.choice(_STORAGES), pd.NA if reader.boolean() else np.nan)
    strings = reader.items()
    if not all(type(value) in (str, type(None)) for value in strings):
        raise RefusedReply("a column of something else than strings")
    return pd.array(list(strings), dtype=dtype)


def _read_rows(reader: Reader, rows: int) -> Any:
    column = _read_column(reader)
    if len(column) != rows:
        raise RefusedReply("a column that is longer or shorter than its index")
    return column


def _write_index(writer: Writer, index: pd.Index) -> None:
    import pandas as pd

    if len(index) > writer.caps.nodes:
        raise TooLargeError("an index of too many rows")
    with writer.hashable_only():
        writer.value(index.name)
    writer.u8(type(index) is pd.RangeIndex)
    if type(index) is pd.RangeIndex:
        write_range(writer, range(index.start, index.stop, index.step))
    elif type(index) is pd.Index:
        _write_column(writer, index)
    else:
        raise NotPlain


def _read_index(reader: Reader) -> pd.Index:
    import pandas as pd

    with reader.hashable_only():
        name = reader.value()
    if not reader.boolean():
        column = _read_column(reader)
        return pd.Index(column, dtype=column.dtype, name=name)
    span = read_range(reader)
    if max(map(abs, (span.start, span.stop, span.step))) > _INT64_MAX:
        raise RefusedReply("an index beyond 64 bits")
    if len(span) > reader.caps.nodes:
        raise RefusedReply("an index of too many rows")
    return pd.RangeIndex(span, name=name)


def _write_series(writer: Writer, series: pd.Series) -> None:
    with writer.hashable_only():
        writer.value(series.name)
    _write_index(writer, series.index)
    _write_column(writer, series)


def _read_series(reader: Reader) -> pd.Series:
    import pandas as pd

    with reader.hashable_only():
        name = reader.value()
    index = _read_index(reader)
    column = _read_rows(reader, len(index))
    return pd.Series(column, index=index, name=name, dtype=column.dtype)


def _write_frame(writer: Writer, frame: pd.DataFrame) -> None:
    _write_index(writer, frame.index)
    _write_index(writer, frame.columns)
    for place in range(frame.shape[1]):
        _write_column(writer, frame.iloc[:, place])


def _read_frame(reader: Reader) -> pd.DataFrame:
    import pandas as pd

    index, names = _read_index(reader), _read_index(reader)
    columns = {}
    for place in range(len(names)):
        column = _read_rows(reader, len(index))
        columns[place] = pd.Series(column, index=index, dtype=column.dtype)
    frame = pd.DataFrame(columns, index=index)
    frame.columns = names
    return frame


FRAMES = (
    Row("pandas.Series", _write_series, _read_series, nodes=60),
    Row("pandas.DataFrame", _write_frame, _read_frame, nodes=100),
)
