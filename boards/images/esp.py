"""ESP32 application images from ESP-IDF, with the checks that its second-stage boot loader performs.

E9, number of segments, modes, entry point | pins, chip number, revisions, whether a hash is appended |
segments: address, size, bytes | checksum | SHA-256
"""

import hashlib
import struct
from functools import reduce
from operator import xor

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.mcuboot import Image

MAGIC = 0xE9
CHECKSUM = 0xEF  # initial value of the checksum
DESCRIPTION = 0xABCD_5432
PIECE = 0x1_0000  # bytes that are compared and written as one block
CHIPS = {
    0: "esp32",
    2: "esp32s2",
    5: "esp32c3",
    9: "esp32s3",
    12: "esp32c2",
    13: "esp32c6",
    16: "esp32h2",
    18: "esp32p4",
}

_HEADER = struct.Struct("<BBBBI4sH9xB")
_SEGMENT = struct.Struct("<II")


def check_esp_image(data: bytes, board: Board, name: str = "image") -> Image:
    """Check the image's header, segments, checksum, hash and chip number.

    Raises `ImageError` with a message that starts with `name`.
    """
    if len(data) < _HEADER.size or data[0] != MAGIC:
        raise ImageError(
            f"{name}: not an ESP application image: it starts with {data[:1].hex() or 'nothing'}, not e9; "
            f"for {board.name}, specify the app.bin of an ESP-IDF project"
        )
    _, count, _, _, entry, _, chip, hashed = _HEADER.unpack_from(data)
    chips = board.need_chip().ids
    if chip not in chips:
        raise ImageError(
            f"{name}: built for {CHIPS.get(chip, f'chip {chip}')}, but {board.name} has "
            f"{CHIPS.get(chips[0], chips[0])}; "
            "export it for this board"
        )
    at, check, places = _HEADER.size, CHECKSUM, []
    for _ in range(count):
        if at + _SEGMENT.size > len(data):
            raise ImageError(f"{name}: the image is truncated within its segments")
        address, size = _SEGMENT.unpack_from(data, at)
        at += _SEGMENT.size + size
        if at > len(data):
            raise ImageError(f"{name}: the image is truncated within its segments")
        check ^= reduce(xor, data[at - size : at], 0)
        places.append(range(address, address + size))
    end = at | 15
    if end >= len(data) or data[end] != check:
        raise ImageError(f"{name}: the checksum does not match; the image is damaged or truncated")
    digest = hashlib.sha256(data[: end + 1]).digest()
    end += 1
    if hashed:
        end += len(digest)
        if data[end - len(digest) : end] != digest:
            raise ImageError(f"{name}: SHA-256 does not match; the image is damaged or truncated")
    if not any(entry in place for place in places):
        raise ImageError(f"{name}: entry point {entry:#x} is not in any segment")
    if len(data) > board.slot_size:
        raise ImageError(
            f"{name}: image too big for {board.name}: {len(data)} bytes, but the slot holds {board.slot_size}"
        )
    return Image(_version(data), end, digest, None)


def _version(data: bytes) -> str:
    """Return the version in the application's description, or "" if there is none.

    The description is at the start of the first segment.
    """
    at = _HEADER.size + _SEGMENT.size
    if len(data) < at + 48 or int.from_bytes(data[at : at + 4], "little") != DESCRIPTION:
        return ""
    return data[at + 16 : at + 48].split(b"\0")[0].decode("utf-8", "replace")
