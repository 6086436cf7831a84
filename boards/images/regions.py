"""The regions of an image. Because code and voice change independently, each has its own flash pages.

The linker places the voice after the page with the vector table (or after several pages if they are small;
see board.lead_size), and the code after the voice. The last 16 bytes before the voice hold a marker: "TTRG",
the offset of the voice in the slot, its size, and FF FF FF FF. Numbers are little-endian. An image without the
marker has a single region.
"""

import hashlib
import struct
from dataclasses import dataclass

from ticktalk.boards.board import lead_size

MARK = struct.Struct("<4sIII")


@dataclass(frozen=True)
class Region:
    """A region of `size` bytes at `offset` in an image, with its SHA-256.

    In an image with a marker, offsets are multiples of the board's page size.
    """

    name: str
    offset: int
    size: int
    sha256: bytes

    @property
    def end(self) -> int:
        """The offset of the first byte after the region."""
        return self.offset + self.size


def regions(image: bytes, page_size: int) -> list[Region]:
    """Return the regions of `image` in ascending order, without gaps.

    The regions are "start", "voice" and "code", or the whole image as "firmware".
    """
    lead = lead_size(int.from_bytes(image[8:10], "little"), page_size)  # bytes 8 and 9: the size of MCUboot's header
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
