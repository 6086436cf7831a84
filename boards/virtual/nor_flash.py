"""The flash of a simulated device: a file that behaves like NOR flash.

Erasing sets whole pages to 0xFF. Programming whole words can only clear bits. Words of 8 or more bytes have
an error-correcting code and can be programmed only once. Like a flash controller, the model refuses to
program words that are not erased. The file always has the contents that a real chip would have, even if a power cut
interrupts an operation.
"""

import fcntl
from dataclasses import dataclass
from pathlib import Path

from ticktalk.boards.virtual.faults import Faults, PowerCut
from ticktalk.system.files import write_bytes

PAGE = 4096  # default size in bytes of a page, the unit of erasing
WORD = 4  # default size in bytes of a word, the unit of programming
ERASED = 0xFF
PIECE = 256  # bytes programmed between possible power cuts


class FlashError(Exception):
    """The operation is out of bounds, misaligned or on flash that is not erased, or the flash is already in use."""


class VirtualFlash:
    """Flash of `size` bytes, a multiple of `page`, in the file `path`. If the file does not exist, it is
    created with erased contents."""

    def __init__(self, path: Path, size: int, page: int = PAGE, word: int = WORD, faults: Faults | None = None):
        if size % page:
            raise FlashError(f"flash size {size} is not a multiple of page size {page}")
        self.path, self.size, self.page, self.word = Path(path), size, page, word
        self.faults = faults or Faults()
        self.erased = self.programmed = 0  # total bytes
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self.path, bytes([ERASED]) * size)
        held = self.path.stat().st_size
        if held != size:
            raise FlashError(
                f"{self.path}: {held} bytes, but this board's flash has {size}; remove the file or specify another"
            )
        self._file = open(self.path, "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise FlashError(
                f"{self.path}: another virtual watch is using this flash; specify its --port, or stop it"
            ) from None

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Return `length` bytes from `offset`, by default up to the end of the flash."""
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
        """Program whole words of erased flash."""
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
            raise FlashError(f"{length} bytes at {offset:#x} extend past the end of the flash at {self.size:#x}")


_HALF_ERASED = bytes(value | 0xA5 for value in range(256))


def _clears(held: bytes, data: bytes) -> bool:
    """Return whether `held` can be changed to `data` by only clearing bits."""
    new = int.from_bytes(data, "little")
    return int.from_bytes(held, "little") & new == new


@dataclass(frozen=True)
class Slot:
    """A slot of `size` bytes at `offset` in a flash memory. The methods take offsets relative to the slot."""

    flash: VirtualFlash
    offset: int
    size: int

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """Return `length` bytes from `offset`, by default up to the end of the slot."""
        length = self.size - offset if length is None else length
        self._bounds(offset, length)
        return self.flash.read(self.offset + offset, length)

    def erase(self, offset: int = 0, length: int | None = None) -> None:
        """Erase whole pages, by default the whole slot."""
        length = self.size - offset if length is None else length
        self._bounds(offset, length)
        self.flash.erase(self.offset + offset, length)

    def program(self, offset: int, data: bytes) -> None:
        """Program whole words of erased flash."""
        self._bounds(offset, len(data))
        self.flash.program(self.offset + offset, data)

    def _bounds(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise FlashError(f"{length} bytes at {offset:#x} extend past the end of the slot at {self.size:#x}")
