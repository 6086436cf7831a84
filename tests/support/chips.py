"""Boards whose chip is modelled, with an image in flash."""

from pathlib import Path

from ticktalk.boards.board import CATALOGUE, Board, load_board
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.firmware_gen.project.build import binary

TWO_SLOTS = """secondary_address = 0x0808_0000
slot_size = 0x6_0000"""


def two_slots(folder: Path) -> tuple[Board, Path]:
    """Return the Feather STM32F405 with two slots, which are large enough for small voices, and its board file."""
    text = (CATALOGUE / "feather-stm32f405.toml").read_text()
    assert "slot_size = 0xE_0000" in text
    file = folder / "feather-stm32f405.toml"
    file.write_text(
        text.replace("slot_size = 0xE_0000", TWO_SLOTS) + '\n[secondary]\ndriver = "stm32f4"\naddress = 0x4002_3C00\n'
    )
    return load_board(file), file


def put_in_flash(folder: Path, board: Board, elf: Path, version: str = "1.0.0") -> bytes:
    """Write a flash with the image in its slot, and return the image."""
    image = make_image(binary(elf).read_bytes(), board, version)
    folder.mkdir(parents=True, exist_ok=True)
    start = board.slot_address - board.flash.address
    flash = bytearray(b"\xff" * board.flash.size)
    flash[start : start + len(image)] = image
    (folder / "flash").write_bytes(flash)
    return image
