"""UF2 files: firmware in 512-byte blocks, which a boot loader with a USB drive accepts in any order.

Each block holds 256 bytes of flash contents, its address, its number and the family of the chip
(https://github.com/microsoft/uf2). All numbers are little-endian:

    magic 0x0A324655 0x9E5D5157 | flags | address | 256 | number | count | family | 476 bytes | magic 0x0AB16F30
"""

import struct
from dataclasses import dataclass

from ticktalk.boards.errors import ImageError

BLOCK = 512
PAYLOAD = 256  # bytes of data in each block; the RP2040's ROM requires exactly this number
ROOM = 476  # bytes for data in a block
MAGIC = 0x0A32_4655, 0x9E5D_5157
MAGIC_END = 0x0AB1_6F30
FLAG_NOT_FLASH = 0x0000_0001
FLAG_FAMILY = 0x0000_2000

# The families of supported chips, in Microsoft's list (utils/uf2families.json).
FAMILIES = {"rp2040": 0xE48B_FF56, "rp2350": 0xE48B_FF59, "nrf52840": 0xADA5_2840}

HEAD = struct.Struct("<8I")


@dataclass(frozen=True)
class Uf2:
    """The contents of a UF2 file: contiguous bytes that start at `address`, for chips of `family`."""

    family: int
    address: int
    data: bytes


def is_uf2(data: bytes) -> bool:
    """Return whether `data` starts like a UF2 file."""
    return data[:8] == struct.pack("<2I", *MAGIC)


def write_uf2(data: bytes, address: int, family: int, page: int = PAYLOAD, last: int | None = None) -> bytes:
    """Return the UF2 file that writes `data` to `address`, which must be a multiple of 256.

    `page` is the smallest erasable unit of flash in bytes, a multiple of 256. The data is padded with 0xFF to whole
    pages, because the RP2040's ROM may not write a page that a file covers only partly. The block with the byte at the
    offset `last`, if given, is at the end of the file.
    """
    if address % PAYLOAD or page % PAYLOAD:
        raise ValueError(f"address {address:#x} and page {page} must be multiples of {PAYLOAD}")
    data += b"\xff" * (-len(data) % page)
    count = len(data) // PAYLOAD
    blocks = []
    for number in range(count):
        at = number * PAYLOAD
        head = HEAD.pack(*MAGIC, FLAG_FAMILY, address + at, PAYLOAD, number, count, family)
        blocks.append(head + data[at : at + PAYLOAD] + bytes(ROOM - PAYLOAD) + struct.pack("<I", MAGIC_END))
    if last is not None:
        blocks.append(blocks.pop(last // PAYLOAD))
    return b"".join(blocks)


def read_uf2(file: bytes, name: str = "image") -> Uf2:
    """Return the contents of a UF2 file, in ascending order of address.

    Raises `ImageError`, with a message that starts with `name`, if the file is incomplete or damaged, contains blocks
    for several chips, or leaves gaps.
    """
    if not file or len(file) % BLOCK:
        raise ImageError(f"{name}: {len(file)} bytes, but a UF2 file consists of blocks of {BLOCK}; it is truncated")
    blocks: dict[int, bytes] = {}
    families, counts, numbers = set(), set(), set()
    for start in range(0, len(file), BLOCK):
        *magic, flags, address, size, number, count, family = HEAD.unpack_from(file, start)
        if tuple(magic) != MAGIC or file[start + BLOCK - 4 : start + BLOCK] != struct.pack("<I", MAGIC_END):
            raise ImageError(f"{name}: the block at byte {start} is not a UF2 block; the file is damaged")
        if flags & FLAG_NOT_FLASH:
            continue
        if not flags & FLAG_FAMILY:
            raise ImageError(f"{name}: the block at byte {start} names no chip family; export the file again")
        if not 0 < size <= ROOM or address in blocks:
            raise ImageError(f"{name}: the block at byte {start} is damaged, or repeats address {address:#x}")
        blocks[address] = file[start + HEAD.size : start + HEAD.size + size]
        families.add(family)
        counts.add(count)
        numbers.add(number)
    if len(families) != 1:
        raise ImageError(f"{name}: the file is for {len(families)} chip families instead of one")
    if counts != {len(blocks)} or numbers != set(range(len(blocks))):
        raise ImageError(f"{name}: {len(blocks)} blocks of {max(counts)}; the file is incomplete")
    return Uf2(families.pop(), min(blocks), _joined(blocks, name))


def _joined(blocks: dict[int, bytes], name: str) -> bytes:
    """Join the data of the blocks, which are keyed by address. Raises ImageError unless the addresses are
    contiguous."""
    pieces, end = [], min(blocks)
    for address in sorted(blocks):
        if address != end:
            raise ImageError(f"{name}: the blocks leave a gap or overlap at {min(address, end):#x}")
        pieces.append(blocks[address])
        end += len(blocks[address])
    return b"".join(pieces)
