"""A built project on the emulated board, without boot loader and flashing: the console of what was just compiled."""

import socket
from contextlib import contextmanager
from pathlib import Path

from boards.board import Board
from boards.console import Console
from boards.qemu import Emulator


class SocketPort:
    """As much of serial.Serial as the console's client uses."""

    port = "emulated"
    in_waiting = 4096

    def __init__(self, connection: socket.socket):
        self._connection = connection
        connection.settimeout(0.05)

    def read(self, size: int) -> bytes:
        try:
            return self._connection.recv(size)
        except TimeoutError:
            return b""

    def write(self, data: bytes) -> None:
        self._connection.sendall(data)


@contextmanager
def powered(binary: Path, board: Board, tmp_path: Path):
    """(Console, banner) of firmware.bin as it starts, behind an MCUboot header that nobody checks here."""
    flash = tmp_path / "flash.bin"
    flash.write_bytes(bytes(board.header_size) + binary.read_bytes())
    emulator = Emulator(board, flash)
    try:
        console = Console(SocketPort(emulator.serial))
        yield console, console.wait_banner(10)
    finally:
        emulator.close()
