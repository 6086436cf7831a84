"""Read an untrusted FlatBuffer: every offset and length is checked before use.

The format is described at https://flatbuffers.dev/internals/. A table starts with a signed 32-bit offset to its
vtable. The vtable holds its own size, the table's size and one 16-bit offset per slot (0: absent).
"""

import struct
from typing import Literal, overload

import numpy as np

Whole = Literal["i8", "u8", "bool", "u16", "i32", "u32", "u64"]  # bool is also an int
_SCALARS = {"i8": "<b", "u8": "<B", "bool": "<?", "u16": "<H", "i32": "<i", "u32": "<I", "f32": "<f", "u64": "<Q"}


class FlatBufferError(ValueError):
    """The bytes are not a valid FlatBuffer, because an offset or a size exceeds the data."""


class Reader:
    """A buffer and the number of bytes that may still be read from it.

    Vectors may overlap, so a small file could expand to a large amount of data. The allowance limits how often the
    same bytes can be read.
    """

    def __init__(self, data: bytes):
        self.data = data
        self.allowance = 4 * len(data) + 65536

    @overload
    def scalar(self, kind: Whole, position: int) -> int: ...
    @overload
    def scalar(self, kind: str, position: int) -> int | float: ...
    def scalar(self, kind: str, position: int) -> int | float:
        """Return the scalar of `kind` (a key of `_SCALARS`) at byte `position`."""
        try:
            if position < 0:
                raise FlatBufferError(f"offset {position} is before the start of the file")
            return struct.unpack_from(_SCALARS[kind], self.data, position)[0]
        except struct.error:
            raise FlatBufferError(f"offset {position} is outside the file of {len(self.data)} bytes") from None

    def root(self) -> "Table":
        """Return the root table."""
        return Table(self, self.scalar("u32", 0))


class Table:
    """A table. Fields are read by vtable slot, and absent fields return a default.

    Raises `FlatBufferError` if a field is outside the buffer.
    """

    def __init__(self, reader: Reader, position: int):
        self._reader = reader
        self._position = position
        self._vtable = position - reader.scalar("i32", position)
        self._vtable_size = reader.scalar("u16", self._vtable)
        self._size = reader.scalar("u16", self._vtable + 2)
        if self._vtable_size < 4 or self._vtable + self._vtable_size > len(reader.data):
            raise FlatBufferError(f"the table at {position} has no valid vtable")
        if self._size < 4 or position + self._size > len(reader.data):
            raise FlatBufferError(f"the table at {position} extends past the end of the file")

    def _field(self, slot: int, size: int) -> int | None:
        entry = 4 + 2 * slot
        if entry + 2 > self._vtable_size:
            return None
        offset = self._reader.scalar("u16", self._vtable + entry)
        if offset == 0:
            return None
        if offset < 4 or offset + size > self._size:
            raise FlatBufferError(f"slot {slot} of the table at {self._position} is outside the table")
        return self._position + offset

    def _target(self, slot: int) -> int | None:
        position = self._field(slot, 4)
        return None if position is None else position + self._reader.scalar("u32", position)

    @overload
    def scalar(self, slot: int, kind: Whole, default: int) -> int: ...
    @overload
    def scalar(self, slot: int, kind: str, default: int | float) -> int | float: ...
    def scalar(self, slot: int, kind: str, default: int | float) -> int | float:
        """Return a scalar. `kind` is "i8", "u8", "bool", "u16", "i32", "u32", "f32" or "u64"."""
        position = self._field(slot, struct.calcsize(_SCALARS[kind]))
        return default if position is None else self._reader.scalar(kind, position)

    def place(self, slot: int) -> int | None:
        """Return the position of a field's 4-byte offset in the file, or None if the field is absent."""
        return self._field(slot, 4)

    def table(self, slot: int) -> "Table | None":
        """Return the table that the field refers to, or None if the field is absent."""
        target = self._target(slot)
        return None if target is None else Table(self._reader, target)

    def _vector(self, slot: int, item: int) -> tuple[int, int]:
        target = self._target(slot)
        if target is None:
            return 0, 0
        count = self._reader.scalar("u32", target)
        if target + 4 + count * item > len(self._reader.data):
            raise FlatBufferError(f"a vector of {count} elements at {target} extends past the end of the file")
        return target + 4, count

    def view(self, slot: int) -> memoryview:
        """Return a byte vector without copying it. An absent field is empty."""
        start, count = self._vector(slot, 1)
        return memoryview(self._reader.data)[start : start + count]

    def array(self, slot: int, dtype: str) -> np.ndarray:
        """Return a vector as a read-only array. An absent field is empty. `dtype` is little-endian, such as "<i4"."""
        item = np.dtype(dtype).itemsize
        start, count = self._vector(slot, item)
        self._spend(count * item)
        return np.frombuffer(self._reader.data, dtype, count, start) if count else np.empty(0, dtype)

    def text(self, slot: int) -> str:
        """Return a string. An absent field is empty. Bytes that are not UTF-8 are replaced."""
        view = self.view(slot)
        self._spend(len(view))
        return bytes(view).decode("utf-8", "replace")

    def tables(self, slot: int) -> list["Table"]:
        """Return a vector of tables. An absent field is empty."""
        start, count = self._vector(slot, 4)
        self._spend(8 * count)
        positions = range(start, start + 4 * count, 4)
        return [Table(self._reader, place + self._reader.scalar("u32", place)) for place in positions]

    def _spend(self, size: int) -> None:
        self._reader.allowance -= size
        if self._reader.allowance < 0:
            raise FlatBufferError("the same bytes are referenced too often")
