"""Build the tiny console firmware in firmware.c for a board, as a raw binary, with the real cross compiler."""

import struct
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.images.regions import MARK

HERE = Path(__file__).parent
BUILD, VOICE = "b" * 64, "c" * 64


@cache
def firmware(board: Board, padding: int = 0, name: str = "tiny") -> bytes:
    """Return the binary, starting at its vector table and followed by `padding` bytes that resemble weights."""
    banner = (
        f"product=ticktalk\\nprotocol=1\\nboard={board.name}\\nkind=voice\\nname={name}\\nbuild={BUILD}\\n"
        f"voice={VOICE}\\nsample_rate=16000\\nlimit=400\\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        elf, binary = Path(folder, "firmware.elf"), Path(folder, "firmware.bin")
        subprocess.run(
            [
                "arm-none-eabi-gcc",
                f"-mcpu={board.core}",
                "-mthumb",
                "-mfloat-abi=soft",
                "-O2",
                "-std=c11",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-ffreestanding",
                "-fno-tree-loop-distribute-patterns",
                "-nostdlib",
                f"-DUART={board.uart.address}u",
                f"-DCOUNTER={board.counter.address}u",
                f"-DSTACK={board.ram.end}u",
                f'-DBANNER="{banner}"',
                f"-Wl,--defsym=CODE={board.code_address}",
                f"-Wl,--defsym=RAM={board.ram.address}",
                "-T",
                HERE / "firmware.ld",
                HERE / "firmware.c",
                "-lgcc",
                "-o",
                elf,
            ],
            check=True,
        )
        subprocess.run(["arm-none-eabi-objcopy", "-O", "binary", "-j", ".code", elf, binary], check=True)
        code = binary.read_bytes()
    weights = bytes((i * 2654435761 >> 13) & 0xFF for i in range(padding))
    return code + weights


def voiced(board: Board, name: str = "tiny", voice: bytes = bytes(range(256)) * 160) -> bytes:
    """Return the same firmware with a first page, a voice and code where a real project's linker script places them.

    The tiny firmware does not use the voice or the code.
    """
    page = board.page_size
    # Without an emulator the firmware never runs, so a stack pointer, a reset vector and an endless loop are enough.
    idle = struct.pack("<IIH", board.ram.end, board.code_address + 8 | 1, 0xE7FE)
    first = firmware(board, name=name) if board.qemu else idle + name.encode()
    assert len(first) < page - board.header_size - MARK.size
    voice += b"\xff" * (-len(voice) % page)
    first += b"\xff" * (page - board.header_size - MARK.size - len(first)) + MARK.pack(
        b"TTRG", page, len(voice), 0xFFFF_FFFF
    )
    return first + voice + name.encode() * 1000
