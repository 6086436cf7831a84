"""Run a built project on an emulated board without a boot loader or flashing."""

from contextlib import contextmanager
from pathlib import Path

from ticktalk.bench.machine import SocketPort
from ticktalk.boards.board import Board
from ticktalk.boards.console.client import Console
from ticktalk.boards.virtual.qemu import Emulator


@contextmanager
def powered(binary: Path, board: Board, tmp_path: Path):
    """Start firmware.bin, preceded by an empty MCUboot header, which is not checked. Yields (Console, banner)."""
    flash = tmp_path / "flash.bin"
    flash.write_bytes(bytes(board.header_size) + binary.read_bytes())
    emulator = Emulator(board, flash)
    try:
        console = Console(SocketPort(emulator.serial))
        yield console, console.wait_banner(10)
    finally:
        emulator.close()
