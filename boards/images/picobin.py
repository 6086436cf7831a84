"""The block that the RP2350's ROM requires in the first 4 KiB of flash (data sheet, 5.9).

All numbers are little-endian words:

    magic 0xFFFFDED3 | items | last item | offset of the next block | magic 0xAB123579

An item starts with its type and its length in words.
"""

import struct
from collections.abc import Iterator

from ticktalk.boards.errors import ImageError

SEARCHED = 4096
START, END = 0xFFFF_DED3, 0xAB12_3579
IMAGE_TYPE, VECTOR_TABLE, LAST = 0x42, 0x03, 0xFF
LONG = 0x80  # flag in an item's type: the length has 16 bits
ARM_EXECUTABLE = 0x1021  # image type for the RP2350, in secure state


def vector_table(data: bytes, address: int, name: str = "image") -> int:
    """Return the offset of the vector table that the block in `data` names. `data` is at `address` in flash.

    Raises `ImageError`, with a message that starts with `name`, if there is no complete block for an Arm core in secure
    state, if the block is not the only one, or if the table is not in `data`.
    """
    if found := _found(data, address):
        return found[1]
    raise ImageError(
        f"{name}: the first {SEARCHED} bytes contain no block with image type {ARM_EXECUTABLE:#x} and a vector table, "
        f"so the RP2350's ROM would not start it; specify a binary or UF2 file for this board"
    )


def block_offset(data: bytes, address: int) -> int | None:
    """Return the offset of the block from which `vector_table` reads, or None if there is none."""
    found = _found(data, address)
    return found[0] if found else None


def _found(data: bytes, address: int) -> tuple[int, int] | None:
    """Return the offsets of the block and of its vector table."""
    for at in range(0, min(SEARCHED, len(data)) - 3, 4):
        if data[at : at + 4] == struct.pack("<I", START):
            items = dict(_items(data, at + 4))
            kind, table = items.get(IMAGE_TYPE, 0) >> 16, items.get(VECTOR_TABLE)
            if kind == ARM_EXECUTABLE and table is not None and 0 <= table - address <= len(data) - 8:
                return at, table - address
    return None


def _items(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield the type of each item, and its last word. Yield nothing if the block is incomplete."""
    found: list[tuple[int, int]] = []
    start = at
    while at + 12 <= min(SEARCHED, len(data)):
        (head,) = struct.unpack_from("<I", data, at)
        kind, words = head & 0xFF, head >> 8 & (0xFFFF if head & LONG else 0xFF)
        if kind == LAST:
            if 4 * words == at - start and struct.unpack_from("<II", data, at + 4) == (0, END):
                yield from found
            return
        if not words:
            return
        at += 4 * words
        found.append((kind, int.from_bytes(data[at - 4 : at], "little")))
