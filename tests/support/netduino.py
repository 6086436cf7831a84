"""Run an image for the Feather STM32F405 on QEMU's netduinoplus2, which has the same chip.

The machine has the core, the flash, the RAM and the USARTs of the chip. The registers of the clocks, the DMA, the I2S
and the flash controller read as zero.
"""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ticktalk.bench.machine import SocketPort
from ticktalk.boards.board import Board
from ticktalk.boards.board_tables import Qemu
from ticktalk.boards.virtual.boot_stub import boot_stub

NULL = ("-serial", "null")
UARTS = {0x4001_1000: 0, 0x4000_4400: 1, 0x4000_4800: 2}  # address of a USART -> its number in QEMU


@contextmanager
def netduino(binary: Path, board: Board, folder: Path) -> Iterator[SocketPort]:
    """Start `binary` in the board's slot, after a stub that replaces MCUboot. Yields the port of the console."""
    assert board.uart is not None
    stub = boot_stub(replace(board, qemu=Qemu("netduinoplus2", board.flash.address, 1)))
    flash = folder / "flash.bin"
    flash.write_bytes(stub + bytes(board.code_address - board.flash.address - len(stub)) + binary.read_bytes())
    near, far = socket.socketpair()
    command = ["qemu-system-arm", "-M", "netduinoplus2", "-display", "none", "-monitor", "none", "-no-reboot"]
    command += ["-kernel", str(flash), *NULL * UARTS[board.uart.address]]
    command += ["-chardev", f"socket,id=uart,fd={far.fileno()}", "-serial", "chardev:uart"]
    process = subprocess.Popen(command, pass_fds=(far.fileno(),), stdin=subprocess.DEVNULL)
    far.close()
    try:
        yield SocketPort(near)
    finally:
        process.kill()
        process.wait()
        near.close()
