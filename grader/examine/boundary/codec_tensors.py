"""torch on the wire: dense tensors as raw bytes, sizes, dtypes and devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.examine.boundary.codec_arrays import read_shape, write_shape
from grader.examine.boundary.codec_limits import RefusedReply
from grader.examine.boundary.codec_wire import NotPlain, Reader, Row, Writer

if TYPE_CHECKING:
    import torch

_TENSORS = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu",
)  # fmt: skip
_DTYPES = (*_TENSORS, "complex32", "qint8", "qint32", "quint8", "quint4x2", "quint2x4")
_DEVICES = ("cpu", "cuda", "mps", "meta", "xpu", "xla", "hpu")
_COPIED_FROM = ("cpu", "cuda", "mps", "xpu")
_NO_INDEX = 255
_LAST_INDEX = 127
_INT64_MAX = 2**63 - 1


def _write_tensor(writer: Writer, tensor: torch.Tensor) -> None:
    """Values and ``requires_grad``; neither gradient nor graph. From a device by way of the CPU."""
    import torch

    name = _name(tensor.dtype)
    if (
        name not in _TENSORS
        or tensor.layout is not torch.strided
        or tensor.is_nested
        or tensor.device.type not in _COPIED_FROM
    ):
        raise NotPlain
    writer.u8(_TENSORS.index(name))
    writer.u8(tensor.requires_grad)
    write_shape(writer, tensor.shape, tensor.element_size())
    try:
        # A copy, since numpy's hold on a storage makes it one that cannot be resized any more.
        copy = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        writer.raw(copy.view(-1).view(torch.uint8).numpy().data)
    except RuntimeError:  # no storage of its own: inside torch.func, for one
        raise NotPlain from None


def _read_tensor(reader: Reader) -> torch.Tensor:
    """A leaf on the CPU, in memory of its own."""
    import torch

    dtype = _dtype(reader.choice(_TENSORS))
    needs_gradient = reader.boolean()
    shape, size = read_shape(reader, dtype.itemsize)
    raw = reader.take(size)
    tensor = torch.empty(shape, dtype=dtype, device="cpu")
    if size:
        content = torch.frombuffer(bytearray(raw), dtype=torch.uint8)
        if dtype is torch.bool and int(content.max()) > 1:
            raise RefusedReply("a truth value that is neither 0 nor 1")
        tensor.view(-1).view(torch.uint8).copy_(content)
    if needs_gradient:
        if not (dtype.is_floating_point or dtype.is_complex):
            raise RefusedReply("a gradient of integers")
        tensor.requires_grad_()
    return tensor


def _write_size(writer: Writer, size: torch.Size) -> None:
    if not all(type(length) is int for length in size):
        raise NotPlain
    writer.items(size)


def _read_size(reader: Reader) -> torch.Size:
    import torch

    lengths = []
    for length in reader.items():
        if type(length) is not int or abs(length) > _INT64_MAX:
            raise RefusedReply("a size that is no number")
        lengths.append(length)
    return torch.Size(lengths)


def _write_dtype(writer: Writer, dtype: torch.dtype) -> None:
    name = _name(dtype)
    if name not in _DTYPES:
        raise NotPlain
    writer.u8(_DTYPES.index(name))


def _read_dtype(reader: Reader) -> torch.dtype:
    return _dtype(reader.choice(_DTYPES))


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _dtype(name: str) -> torch.dtype:
    """The dtype of a name of ours."""
    import torch

    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise RefusedReply("a dtype that this torch does not have")
    return dtype


def _write_device(writer: Writer, device: torch.device) -> None:
    if device.type not in _DEVICES:
        raise NotPlain
    writer.u8(_DEVICES.index(device.type))
    writer.u8(_NO_INDEX if device.index is None else device.index)


def _read_device(reader: Reader) -> torch.device:
    import torch

    kind, index = reader.choice(_DEVICES), reader.u8()
    if index == _NO_INDEX:
        return torch.device(kind)
    if index > _LAST_INDEX:
        raise RefusedReply("a device that does not exist")
    return torch.device(kind, index)


TENSORS = (
    Row("torch.Tensor", _write_tensor, _read_tensor, nodes=16),
    Row("torch.Size", _write_size, _read_size, hashable=True, nodes=4),
    Row("torch.dtype", _write_dtype, _read_dtype, hashable=True),
    Row("torch.device", _write_device, _read_device, hashable=True),
)
