"""Start built firmware on the emulated board without flashing it over a serial line."""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.virtual.qemu import Emulator

POLL = 0.05
START = 20.0  # timeout in seconds for the banner and for QEMU to exit


class SocketPort:
    """The subset of serial.Serial that the console client uses (ports.receive, ports.send)."""

    port = "emulated"

    def __init__(self, connection: socket.socket):
        self._connection = connection
        connection.setblocking(False)

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return self._connection.fileno()


@contextmanager
def powered(binary: Path, board: Board, options: tuple[str, ...] = (), exact: bool = True) -> Iterator[Console]:
    """Start firmware.bin after an unchecked MCUboot header, and yield its console.

    `options` are passed to QEMU. If the block succeeds, the board is reset and QEMU exits normally, so that plugins can
    write their results.
    """
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        flash = Path(folder, "flash")
        flash.write_bytes(bytes(board.header_size) + binary.read_bytes())
        emulator = Emulator(board, flash, exact, options)
        try:
            console = Console(SocketPort(emulator.serial))
            try:
                console.wait_banner(START)
            except DeviceError as error:
                raise DeviceError(f"the emulator did not start: {emulator.last_words() or error}") from None
            yield console
            console.boot()
            deadline = time.monotonic() + START
            while emulator.running:
                if time.monotonic() > deadline:
                    raise DeviceError("the emulator did not exit after a reset")
                time.sleep(POLL / 5)
        finally:
            emulator.close()
