"""Keeps the last flashed images, so that the next one can be sent as the difference to what is on the watch.

The files lie below $XDG_CACHE_HOME/ticktalk/images. Like the journal, they only save work: without them, the
whole image is sent.
"""

from pathlib import Path

from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.mcuboot import read_image
from ticktalk.system.files import write_bytes
from ticktalk.system.home import cache_folder

KEPT = 8  # images per board


def keep(board: str, image: bytes, hash: bytes) -> None:
    """Remember an image that this board now has. If it cannot be written, nothing is remembered."""
    file = _folder() / f"{board}-{hash.hex()}.bin"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, image)
        for old in _of(board)[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        pass


def find(board: str, hash: bytes) -> bytes | None:
    """The image with that MCUboot hash, if it is in the cache and intact."""
    return _read(_folder() / f"{board}-{hash.hex()}.bin", hash)


def last(board: str) -> bytes | None:
    """The image that was kept last."""
    return next((image for file in _of(board) if (image := _read(file, bytes.fromhex(file.stem[-64:])))), None)


def _folder() -> Path:
    return cache_folder() / "images"


def _of(board: str) -> list[Path]:
    """The board's files, newest first."""
    files = [file for file in _folder().glob(f"{board}-*.bin") if len(file.stem) == len(board) + 65]
    return sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)


def _read(file: Path, hash: bytes) -> bytes | None:
    try:
        data = file.read_bytes()
        image = read_image(data, file.name)
    except (OSError, ImageError):
        return None
    return data if image.hash == hash and image.size == len(data) else None
