"""Convert the tensors of a .tflite file, and check them."""

from collections.abc import Callable
from contextlib import suppress
from math import prod
from typing import NoReturn

import numpy as np

from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs import tflite_schema
from ticktalk.runtime_sim.graphs.flatbuffer import Table
from ticktalk.runtime_sim.graphs.graph import MAX_COMPUTED_ELEMENTS, MAX_RANK, MAX_TENSOR_ELEMENTS, Tensor
from ticktalk.runtime_sim.graphs.obstacles import Obstacles

# Products or quotients of scales outside these limits could overflow float32.
_SCALES = (2.0**-100, 2.0**60)

Fail = Callable[[str], NoReturn]  # refuses the model for the given reason


def read_tensors(
    tables: list[Table], used: set[int], buffers: list[Table], name: str, obstacles: Obstacles
) -> tuple[tuple[Tensor, ...], set[int]]:
    """Return all tensors, and the indices of those that cannot be used, which are replaced with empty tensors."""
    tensors: list[Tensor] = []
    for index, table in enumerate(tables):
        with obstacles.noted() if index in used else suppress(ModelError):
            tensors.append(_tensor(index, table, buffers, name))
        if len(tensors) == index:
            nothing = np.empty(0, np.float32), np.empty(0, np.int32)
            tensors.append(Tensor(index, table.text(3), (0,), np.dtype(np.float32), *nothing, 0, None))
    return tuple(tensors), {tensor.index for tensor in tensors if tensor.shape == (0,)}


def _tensor(index: int, table: Table, buffers: list[Table], name: str) -> Tensor:
    def fail(problem: str) -> NoReturn:
        raise ModelError(f"{name}: tensor {index} {name_of(table)}: {problem}")

    kind = table.scalar(1, "i8", 0)
    if kind not in tflite_schema.DTYPES:
        fail(f"has element type {kind}, which is not supported")
    dtype = tflite_schema.DTYPES[kind]
    shape = tuple(table.array(0, "<i4").tolist())
    if len(shape) > MAX_RANK or any(extent < 1 for extent in shape) or prod(shape) > MAX_TENSOR_ELEMENTS:
        fail(f"has shape {list(shape[:9])}, which is not supported")
    if table.scalar(5, "bool", False) and table.scalar(2, "u32", 0):
        fail("is a variable with a value, which is not supported")
    if table.place(6) is not None:
        fail("is sparse, which is not supported")
    data = _constant(table.scalar(2, "u32", 0), buffers, shape, dtype, fail)
    scales, zero_points, dimension = _quantisation(table.table(4), shape, dtype, data is not None, fail)
    if data is None and prod(shape) > MAX_COMPUTED_ELEMENTS:
        fail(f"has {prod(shape)} elements, too many for a watch")
    return Tensor(index, table.text(3), shape, dtype, scales, zero_points, dimension, data)


def _quantisation(
    table: Table | None, shape: tuple[int, ...], dtype: np.dtype, constant: bool, fail: Fail
) -> tuple[np.ndarray, np.ndarray, int]:
    empty = np.empty(0, np.float32), np.empty(0, np.int32), 0
    if table is None or dtype.kind not in "iu" or (dtype.kind, dtype.itemsize > 1) == ("u", True):
        return empty
    if table.scalar(4, "u8", 0):
        fail("has a custom quantisation, which is not supported")
    scales, points = table.array(2, "<f4"), table.array(3, "<i8")
    if not scales.size:
        return empty
    bias = constant and dtype.itemsize > 2  # its quantisation is not used, as in TFLite Micro
    # A channel whose weights are all 0 may have the scale 0.
    least = 0.0 if bias or (constant and scales.size > 1) else _SCALES[0]
    if not np.all(((scales > _SCALES[0]) | (scales == least)) & (scales < _SCALES[1])):
        fail("has a scale that is not positive or is out of range")
    if not points.size:
        points = np.zeros(scales.size, np.int64)
    if points.size == 1:
        points = np.repeat(points, scales.size)
    limits = np.iinfo(dtype)
    if points.size != scales.size or np.any((points < limits.min) | (points > limits.max)):
        fail(f"has zero points that do not match its {scales.size} scales or {dtype}")
    dimension = table.scalar(6, "i32", 0)
    if scales.size > 1 and not (0 <= dimension < len(shape) and shape[dimension] == scales.size):
        if not bias:
            fail(f"has {scales.size} scales that do not match dimension {dimension} of {list(shape)}")
        dimension = 0
    return scales, points.astype(np.int32), dimension if scales.size > 1 else 0


def _constant(
    number: int, buffers: list[Table], shape: tuple[int, ...], dtype: np.dtype, fail: Fail
) -> np.ndarray | None:
    if number >= len(buffers):
        fail(f"uses buffer {number}, but the file has {len(buffers)} buffers")
    if buffers[number].scalar(1, "u64", 0) > 1:
        fail("is stored outside the FlatBuffer, which is not supported")
    view = buffers[number].view(0)
    if not len(view):
        return None
    size = prod(shape) * dtype.itemsize
    if len(view) != size:
        fail(f"has {len(view)} bytes of data, but its shape requires {size}")
    return np.frombuffer(view, dtype).reshape(shape)


def name_of(table: Table) -> str:
    """Return a tensor's name for messages: quoted, in ASCII and not too long."""
    return ascii(table.text(3)[:60])


def unfixed_axis(table: Table) -> int | None:
    """Return the first axis whose length was not fixed at export, or None. Batches of any size are usual."""
    lengths = table.array(7, "<i4").tolist()  # as exported: -1 where the length is not fixed
    return next((axis for axis, length in enumerate(lengths) if axis and length < 0), None)
