"""The parts of an image that change for different reasons, code and voice, each in its own flash pages.

The linker places the voice after the page with the vector table (after several pages if they are small:
board.lead_size), and the code after the voice. It leaves a mark in the last 16 bytes of that first page:
"TTRG", offset of the voice in the slot, its size, FF FF FF FF (little-endian). An image without the mark is a
single region.
"""

import hashlib
import struct
from dataclasses import dataclass

from ticktalk.boards.board import lead_size

MARK = struct.Struct("<4sIII")


@dataclass(frozen=True)
class Region:
    """`size` bytes at `offset` of an image, and their SHA-256. Offsets are multiples of the board's page
    size."""

    name: str
    offset: int
    size: int
    sha256: bytes

    @property
    def end(self) -> int:
        """Offset of the first byte after the region."""
        return self.offset + self.size


def regions(image: bytes, page_size: int) -> list[Region]:
    """The regions of `image` in ascending order without gaps: start, voice, code; or the whole image as
    "firmware"."""
    lead = lead_size(int.from_bytes(image[8:10], "little"), page_size)  # header size in MCUboot's header
    if len(image) >= lead:
        magic, start, size, end_mark = MARK.unpack_from(image, lead - MARK.size)
        aligned = start % page_size == 0 and size % page_size == 0
        if magic == b"TTRG" and end_mark == 0xFFFF_FFFF and aligned and lead <= start and 0 < size < len(image) - start:
            return [
                _region("start", image, 0, start),
                _region("voice", image, start, size),
                _region("code", image, start + size, len(image) - start - size),
            ]
    return [_region("firmware", image, 0, len(image))]


def _region(name: str, image: bytes, offset: int, size: int) -> Region:
    return Region(name, offset, size, hashlib.sha256(image[offset : offset + size]).digest())
