"""The virtual watch's flash: a file that behaves like NOR flash.

Erasing sets whole pages to 0xFF. Programming can only clear bits, in whole words: what was not erased is refused, as a
flash controller does. The file always holds what a chip would hold, also after a cut in the middle.
"""

import fcntl
from pathlib import Path

PAGE = 4096          # bytes, the smallest erase
WORD = 4             # bytes, the smallest program
ERASED = 0xFF


class FlashError(Exception):
    """The flash refuses: out of bounds, misaligned, not erased before, or in use."""


class VirtualFlash:
    """`size` bytes (a multiple of PAGE) kept in `path`, made erased when the file does not exist."""

    def __init__(self, path: Path, size: int):
        if size % PAGE:
            raise FlashError(f"flash size {size} is not a multiple of {PAGE}")
        self.path, self.size = Path(path), size
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(bytes([ERASED]) * size)
        held = self.path.stat().st_size
        if held != size:
            raise FlashError(f"{self.path}: {held} bytes, this board's flash has {size}; remove the file or name another")
        self._file = open(self.path, "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise FlashError(f"{self.path}: another virtual watch uses this flash; talk to it (--port), "
                             "or end it") from None

    def read(self, offset: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `offset`; the rest of the flash without it."""
        length = self.size - offset if length is None else length
        self._bounds(offset, length)
        self._file.seek(offset)
        return self._file.read(length)

    def erase(self, offset: int, length: int) -> None:
        """Erase whole pages."""
        self._bounds(offset, length)
        if offset % PAGE or length % PAGE:
            raise FlashError(f"erase of {length} bytes at {offset:#x}: not whole pages of {PAGE}")
        self._file.seek(offset)
        self._file.write(bytes([ERASED]) * length)

    def program(self, offset: int, data: bytes) -> None:
        """Write whole words into erased flash."""
        self._bounds(offset, len(data))
        if offset % WORD or len(data) % WORD:
            raise FlashError(f"program of {len(data)} bytes at {offset:#x}: not whole words of {WORD}")
        held = int.from_bytes(self.read(offset, len(data)), "little")
        new = int.from_bytes(data, "little")
        if held & new != new:
            raise FlashError(f"program at {offset:#x}: not erased")
        self._file.seek(offset)
        self._file.write(data)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _bounds(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise FlashError(f"{length} bytes at {offset:#x} reach beyond the flash of {self.size}")
