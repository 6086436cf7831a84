"""Read an untrusted FlexBuffer that holds a map of integers: the options of a custom operator.

The format is described at https://flatbuffers.dev/flexbuffers/. The last byte is the width of the root, and the byte
before it the root's type. A vector follows its length, and the types of its values follow the vector. A map is a vector
of values that also refers to the vector of its keys.
"""

_MAP, _WHOLE = 9, {1, 2, 26}  # types; the integers are signed, unsigned or bool
_MOST = 64  # entries; operators have fewer than ten


class FlexBufferError(ValueError):
    """The bytes are not a FlexBuffer with a map of integers."""


def integers(data: bytes) -> dict[str, int]:
    """Return the map in `data`. Raises `FlexBufferError` if there is none, or if a value is not an integer.

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
    found = {}
    for i in range(count):
        name = _text(data, _target(data, keys + i * key_width, key_width))
        kind = _number(data, values + count * width + i, 1)
        if kind >> 2 not in _WHOLE:
            raise FlexBufferError(f"{name!a} is not an integer")
        found[name] = _number(data, values + i * width, width, signed=True)
    return found


def _number(data: bytes, place: int, width: int, signed: bool = False) -> int:
    if width not in (1, 2, 4, 8) or not 0 <= place <= len(data) - width:
        raise FlexBufferError("an offset is outside the data")
    return int.from_bytes(data[place : place + width], "little", signed=signed)


def _target(data: bytes, place: int, width: int) -> int:
    return place - _number(data, place, width)


def _text(data: bytes, place: int) -> str:
    if place < 0:
        raise FlexBufferError("an offset is outside the data")
    return data[place : place + _MOST].split(b"\0")[0].decode("ascii", "replace")
