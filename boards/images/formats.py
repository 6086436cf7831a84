"""Images in the format that a board's boot loader requires: MCUboot image, ESP32 application, raw binary, or UF2."""

import hashlib
import stat
import struct
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.esp import PIECE, check_esp_image
from ticktalk.boards.images.mcuboot import Image, check_for_board
from ticktalk.boards.images.picobin import block_offset, vector_table
from ticktalk.boards.images.regions import Region, regions
from ticktalk.boards.images.uf2 import BLOCK, PAYLOAD, is_uf2, read_uf2, write_uf2
from ticktalk.boards.protocols import image_format

CHECKED_BY_ROM = "rp2040"  # driver of a second stage that ends with a CRC
WITH_BLOCK = "rp2350"  # driver of a second stage that is a block (picobin.py)
SECOND_STAGE = 256  # bytes, the last four of which are the CRC


def read_image_file(path: Path, board: Board) -> bytes:
    """Return the contents of an image file. For the format "flash", a UF2 file is decoded to the contents of flash.

    Raises `ImageError` if the file is larger than the slot or is not a regular file, because reading from a device or
    pipe might never finish.
    """
    path = Path(path)
    flash = image_format(board.protocol) == "flash"
    limit = board.slot_size * (BLOCK // PAYLOAD if flash else 1)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ImageError(f"{path}: cannot read the image: not a regular file; specify an image file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ImageError(f"{path}: cannot read the image: {getattr(error, 'strerror', None) or error}") from None
    if flash and is_uf2(data) and len(data) <= limit:
        data = _from_uf2(data, board, path.name)
    if len(data) > board.slot_size:
        raise ImageError(f"{path.name}: image too big for {board.name}: the slot holds {board.slot_size} bytes")
    return data


def check_image(data: bytes, board: Board, name: str = "image") -> Image:
    """Check that the image is complete and was built for this board.

    Raises `ImageError` with a message that starts with `name`.
    """
    match image_format(board.protocol):
        case "esp-idf":
            return check_esp_image(data, board, name)
        case "bytes":
            return _check_bytes(data, board, name)
        case "flash":
            if board.second_stage_driver == WITH_BLOCK:
                return _check_bytes(data, board, name, vector_table(data, board.slot_address, name))
            if board.second_stage_driver == CHECKED_BY_ROM:
                check_second_stage(data, board, name)
            else:
                _check_bytes(data, board, name)
            return _check_bytes(data, board, name, board.header_size)
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


def uf2_of(data: bytes, board: Board) -> bytes:
    """Return the UF2 file with the image `data`, which begins at the start of the slot.

    The ROMs of the RP2040 and the RP2350 erase a page of flash at its first block. The block without which they do not
    start the image is at the end of the file, and the one before all others is in the same page, so the drive appears
    again after an interrupted copy.
    """
    stage = board.second_stage_driver
    last = 0 if stage == CHECKED_BY_ROM else block_offset(data, board.slot_address) if stage == WITH_BLOCK else None
    return write_uf2(data, board.slot_address, board.need_uf2().family, board.page_size, last)


def check_second_stage(data: bytes, board: Board, name: str = "image") -> None:
    """Check the second boot stage in the first bytes of flash, as the RP2040's ROM does before running it."""
    stage = data[:SECOND_STAGE]
    if len(stage) < SECOND_STAGE or _crc32(stage[:-4]) != int.from_bytes(stage[-4:], "little"):
        raise ImageError(
            f"{name}: the first {SECOND_STAGE} bytes are not a second boot stage with its CRC, so {board.name}'s ROM "
            f"would not start it; specify a binary or UF2 file for this board"
        )


def _crc32(data: bytes) -> int:
    """Return the CRC-32 that the RP2040's ROM computes (data sheet, 2.8.1.3.1), which is neither reflected nor
    inverted."""
    crc = 0xFFFF_FFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C1_1DB7 if crc >> 31 else 0)) & 0xFFFF_FFFF
    return crc


def _from_uf2(file: bytes, board: Board, name: str) -> bytes:
    """Return the image in a UF2 file. Raises `ImageError` if the file is for a different chip or address."""
    read, family = read_uf2(file, name), board.need_uf2().family
    if read.family != family:
        raise ImageError(
            f"{name}: the file is for chips of family {read.family:#010x}, but {board.name} has {family:#010x}; export "
            f"it for this board"
        )
    if read.address != board.slot_address:
        raise ImageError(
            f"{name}: the file starts at {read.address:#x}, but {board.name}'s slot is at {board.slot_address:#x}; "
            f"export it for this board"
        )
    return read.data


def _check_bytes(data: bytes, board: Board, name: str, start: int = 0) -> Image:
    """Check that a raw binary has a vector table at offset `start` and is linked to the start of the slot."""
    if not 0 <= start <= len(data) - 8 <= board.slot_size - 8:
        raise ImageError(f"{name}: {len(data)} bytes, but an image for {board.name} has 8 to {board.slot_size}")
    stack, reset = struct.unpack_from("<II", data, start)
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
