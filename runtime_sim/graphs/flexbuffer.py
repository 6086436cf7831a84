"""Read an untrusted FlexBuffer that holds a map of numbers: the options of a custom operator.

The format is described at https://flatbuffers.dev/flexbuffers/. The last byte is the width of the root, and the byte
before it the root's type. A vector follows its length, and the types of its values follow the vector. A map is a vector
of values that also refers to the vector of its keys.
"""

import struct

_MAP, _FLOAT, _WHOLE = 9, 3, {1, 2, 26}  # types; the integers are signed, unsigned or bool
_MOST = 64  # entries; operators have fewer than twenty

_FLOATS = {4: "<f", 8: "<d"}  # by width


class FlexBufferError(ValueError):
    """The bytes are not a FlexBuffer with a map of numbers."""


def numbers(data: bytes) -> dict[str, int | float]:
    """Return the map in `data`. Raises `FlexBufferError` if there is none, or if a value is not a number.

    All integers are read as signed, as in TFLite Micro."""
    if len(data) < 3:
        raise FlexBufferError("it has no root")
    kind, width = data[-2], data[-1]
    place = len(data) - 2 - width
    if kind >> 2 != _MAP:
        raise FlexBufferError("it is not a map")
    values, width = _target(data, place, width), 1 << (kind & 3)
    count = _number(data, values - width, width)
    if count > _MOST:
        raise FlexBufferError(f"it has {count} entries")
    keys, key_width = _target(data, values - 3 * width, width), _number(data, values - 2 * width, width)
    found: dict[str, int | float] = {}
    for i in range(count):
        name = _text(data, _target(data, keys + i * key_width, key_width))
        kind = _number(data, values + count * width + i, 1)
        whole = _number(data, values + i * width, width, signed=True)
        if kind >> 2 not in _WHOLE and (kind >> 2 != _FLOAT or width not in _FLOATS):
            raise FlexBufferError(f"{name!a} is not a number")
        found[name] = whole if kind >> 2 in _WHOLE else _float(whole, width)
    return found


def _number(data: bytes, place: int, width: int, signed: bool = False) -> int:
    if width not in (1, 2, 4, 8) or not 0 <= place <= len(data) - width:
        raise FlexBufferError("an offset is outside the data")
    return int.from_bytes(data[place : place + width], "little", signed=signed)


def _float(bits: int, width: int) -> float:
    return struct.unpack(_FLOATS[width], bits.to_bytes(width, "little", signed=True))[0]


def _target(data: bytes, place: int, width: int) -> int:
    return place - _number(data, place, width)


def _text(data: bytes, place: int) -> str:
    if place < 0:
        raise FlexBufferError("an offset is outside the data")
    return data[place : place + _MOST].split(b"\0")[0].decode("ascii", "replace")
