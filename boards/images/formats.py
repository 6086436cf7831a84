"""Images in the format that a board's boot loader requires: MCUboot image, ESP32 application, or raw binary."""

import hashlib
import stat
import struct
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.esp import PIECE, check_esp_image
from ticktalk.boards.images.mcuboot import Image, check_for_board
from ticktalk.boards.images.regions import Region, regions
from ticktalk.boards.protocols import image_format


def read_image_file(path: Path, board: Board) -> bytes:
    """Return the contents of an image file.

    Raises `ImageError` if the file is larger than the slot or is not a regular file. Reading a device or a pipe might
    never end.
    """
    path = Path(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ImageError(f"{path}: cannot read the image: not a regular file; specify an image file")
        with path.open("rb") as file:
            data = file.read(board.slot_size + 1)
    except (OSError, ValueError) as error:
        raise ImageError(f"{path}: cannot read the image: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > board.slot_size:
        raise ImageError(f"{path.name}: image too big for {board.name}: the slot holds {board.slot_size} bytes")
    return data


def check_image(data: bytes, board: Board, name: str = "image") -> Image:
    """Check that the image is complete and for this board.

    Raises `ImageError` with a message that starts with `name`.
    """
    match image_format(board.protocol):
        case "esp-idf":
            return check_esp_image(data, board, name)
        case "bytes":
            return _check_bytes(data, board, name)
    return check_for_board(data, board, name)


def parts_of(data: bytes, board: Board) -> list[Region]:
    """Return the regions that are compared and sent separately, in ascending order and without gaps."""
    if image_format(board.protocol) != "esp-idf":
        return regions(data, board.page_size)
    return [
        Region(f"{at // 1024} KiB", at, len(piece), hashlib.sha256(piece).digest())
        for at in range(0, len(data), PIECE)
        for piece in [data[at : at + PIECE]]
    ]


def _check_bytes(data: bytes, board: Board, name: str) -> Image:
    """Check that a raw binary starts with a vector table and is linked to the start of the slot."""
    if not 8 <= len(data) <= board.slot_size:
        raise ImageError(f"{name}: {len(data)} bytes, but an image for {board.name} has 8 to {board.slot_size}")
    stack, reset = struct.unpack_from("<II", data)
    if not any(m.address < stack <= m.end for m in board.memories if m.kind == "ram"):
        raise ImageError(
            f"{name}: initial stack pointer {stack:#x} is not in {board.name}'s RAM; specify a binary for this "
            f"board that starts with the vector table"
        )
    if not board.slot_address <= reset < board.slot_address + len(data) or not reset & 1:
        raise ImageError(
            f"{name}: reset handler {reset:#x} is not in {board.name}'s slot at {board.slot_address:#x}; link it "
            f"for this board"
        )
    return Image("", len(data), hashlib.sha256(data).digest(), None)
