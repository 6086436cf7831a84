"""A simulated device's flash: a file that behaves like NOR flash.

Erasing sets whole pages to 0xFF. Programming can only clear bits, in whole words. Words of 8 bytes and more
carry an error-correcting code and can be programmed only once. Programming anything that is not erased is
refused, as a flash controller does. The file always holds what a chip would hold, even after a power cut in
the middle.
"""

import fcntl
from dataclasses import dataclass
from pathlib import Path

from ticktalk.boards.virtual.faults import Faults, PowerCut
from ticktalk.system.files import write_bytes

PAGE = 4096  # default bytes per erase
WORD = 4  # default bytes per program operation
ERASED = 0xFF
PIECE = 256  # bytes programmed between two possible power cuts


class FlashError(Exception):
    """The flash refuses: out of bounds, misaligned, not erased, or in use."""


class VirtualFlash:
    """`size` bytes (a multiple of `page`) kept in `path`, which is created erased if it does not exist."""

    def __init__(self, path: Path, size: int, page: int = PAGE, word: int = WORD, faults: Faults | None = None):
        if size % page:
            raise FlashError(f"flash size {size} is not a multiple of {page}")
        self.path, self.size, self.page, self.word = Path(path), size, page, word
        self.faults = faults or Faults()
        self.erased = self.programmed = 0  # bytes so far
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self.path, bytes([ERASED]) * size)
        held = self.path.stat().st_size
        if held != size:
            raise FlashError(
                f"{self.path}: {held} bytes, but this board's flash has {size}; remove the file or give another"
            )
        self._file = open(self.path, "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise FlashError(
                f"{self.path}: another virtual watch uses this flash; give its --port, or stop it"
            ) from None

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `offset`, or the rest of the flash without a `length`."""
        length = self.size - offset if length is None else length
        self._bounds(offset, length)
        self._file.seek(offset)
        return self._file.read(length)

    def erase(self, offset: int, length: int) -> None:
        """Erase whole pages."""
        self._bounds(offset, length)
        if offset % self.page or length % self.page:
            raise FlashError(f"erase of {length} bytes at {offset:#x}: not whole pages of {self.page}")
        for at in range(offset, offset + length, self.page):
            if self.faults.strikes("erase-cut"):
                self._write(at, self.read(at, self.page // 2).translate(_HALF_ERASED))
                raise PowerCut
            self._write(at, bytes([ERASED]) * self.page)
            self.erased += self.page

    def program(self, offset: int, data: bytes) -> None:
        """Write whole words into erased flash."""
        self._bounds(offset, len(data))
        if offset % self.word or len(data) % self.word:
            raise FlashError(f"program of {len(data)} bytes at {offset:#x}: not whole words of {self.word}")
        held = self.read(offset, len(data))
        free = held.count(ERASED) == len(held) if self.word >= 8 else _clears(held, data)
        if not free:
            raise FlashError(f"program at {offset:#x}: not erased")
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            if self.faults.strikes("write-cut"):
                half = len(piece) // 2
                self._write(offset + at, piece[:half] + bytes([held[at + half] & (piece[half] | 0x5A)]))
                raise PowerCut
            self._write(offset + at, piece)
            self.programmed += len(piece)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        self._file.write(data)

    def _bounds(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise FlashError(f"{length} bytes at {offset:#x} reach beyond the flash of {self.size}")


_HALF_ERASED = bytes(value | 0xA5 for value in range(256))


def _clears(held: bytes, data: bytes) -> bool:
    """Whether clearing bits alone turns `held` into `data`."""
    new = int.from_bytes(data, "little")
    return int.from_bytes(held, "little") & new == new


@dataclass(frozen=True)
class Slot:
    """`size` bytes at `offset` of a flash. Offsets below are relative to the slot."""

    flash: VirtualFlash
    offset: int
    size: int

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `offset`, or the rest of the slot without a `length`."""
        length = self.size - offset if length is None else length
        self._bounds(offset, length)
        return self.flash.read(self.offset + offset, length)

    def erase(self, offset: int = 0, length: int | None = None) -> None:
        """Erase whole pages, or the whole slot without arguments."""
        length = self.size - offset if length is None else length
        self._bounds(offset, length)
        self.flash.erase(self.offset + offset, length)

    def program(self, offset: int, data: bytes) -> None:
        """Write whole words into erased flash."""
        self._bounds(offset, len(data))
        self.flash.program(self.offset + offset, data)

    def _bounds(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise FlashError(f"{length} bytes at {offset:#x} reach beyond the slot of {self.size}")
