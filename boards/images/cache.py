"""A cache of recently flashed images, so that the next image can be sent as a delta.

The files are in $XDG_CACHE_HOME/ticktalk/images. If the files are missing, the whole image is sent.
"""

from pathlib import Path

from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.mcuboot import read_image
from ticktalk.system.files import write_bytes
from ticktalk.system.home import cache_folder

KEPT = 8  # images per board


def keep(board: str, image: bytes, hash: bytes) -> None:
    """Save an image that is now on this board. Write errors are ignored."""
    file = _folder() / f"{board}-{hash.hex()}.bin"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, image)
        for old in _of(board)[KEPT:]:
            old.unlink(missing_ok=True)
    except OSError:
        pass


def find(board: str, hash: bytes) -> bytes | None:
    """Return the image with this MCUboot hash, or None if it is missing or damaged."""
    return _read(_folder() / f"{board}-{hash.hex()}.bin", hash)


def last(board: str) -> bytes | None:
    """Return the most recent image of this board, or None."""
    return next((image for file in _of(board) if (image := _read(file, bytes.fromhex(file.stem[-64:])))), None)


def _folder() -> Path:
    return cache_folder() / "images"


def _of(board: str) -> list[Path]:
    """Return the board's files, newest first."""
    files = [file for file in _folder().glob(f"{board}-*.bin") if len(file.stem) == len(board) + 65]
    return sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)


def _read(file: Path, hash: bytes) -> bytes | None:
    try:
        data = file.read_bytes()
        image = read_image(data, file.name)
    except (OSError, ImageError):
        return None
    return data if image.hash == hash and image.size == len(data) else None
