"""A virtual watch on a pseudo-terminal: MCUboot's serial recovery, persistent flash, and QEMU for the flashed image.

At power-on, the watch boots the image in its flash if it is valid, and otherwise enters recovery, where it
speaks SMP on the pty. A reset checks and boots the image again, with the emulated UART on the same pty. If
the firmware resets itself (the console's BOOT) or crashes, the watch enters recovery. After an update over the console,
the watch boots the new image. See docs/reference/virtual-watch.md.

    python -m ticktalk.boards.virtual.qemu_watch --board qemu-m4
"""

import argparse
import os
import pty
import select
import signal
import socket
import sys
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.board import Board, load_board
from ticktalk.boards.errors import BoardsError, DeviceError, ImageError
from ticktalk.boards.virtual.bootloaders.smp import SmpServer
from ticktalk.boards.virtual.mcuboot import BootLoader
from ticktalk.boards.virtual.nor_flash import FlashError, Slot, VirtualFlash
from ticktalk.boards.virtual.qemu import Emulator, require_qemu
from ticktalk.boards.virtual.secondary_chip import SecondaryChip
from ticktalk.system import signals
from ticktalk.system.home import cache_folder

Side = socket.socket | int  # the type of an argument of `select`
CHUNK = 4096  # maximum bytes to transfer at a time
GATHER = 0.0005  # seconds to collect bytes from the emulated UART, which sends them one at a time


def default_flash(board: Board) -> Path:
    """Return the default path of the flash file for this board's virtual watch."""
    return cache_folder() / f"{board.name}.flash"


class VirtualWatch:
    """A watch that runs from `start` until `close`, or during a `with` block. `port` is the path to open.

    If `recovery` is true, the watch stays in its boot loader at power-on, as if its button were held. If
    `exact` is true, instruction counts are exact (see qemu.Emulator). `buffer` is the size of the boot
    loader's receive buffer in bytes. `key` is the public key (DER) for verifying images. `log` is called with
    one line per event. `state` is "recovery", "running" or "off".
    """

    def __init__(
        self,
        board: Board,
        flash_file: Path | None = None,
        *,
        recovery: bool = False,
        exact: bool = True,
        buffer: int = 1024,
        key: bytes | None = None,
        log: Callable[[str], None] = lambda line: None,
    ):
        require_qemu(board)
        self.board, self.state = board, "off"
        self.log, self._exact, self._buffer, self._recovery = log, exact, buffer, recovery
        file = Path(flash_file or default_flash(board))
        try:
            self._flash = VirtualFlash(file, board.slot_size, board.page_size, board.word_size)
            # The secondary slot is in a separate chip that is not memory-mapped.
            self._secondary = VirtualFlash(
                file.with_name(file.name + ".secondary"), board.slot_size, board.page_size, board.word_size
            )
        except FlashError as error:
            raise DeviceError(str(error)) from None
        except OSError as error:
            raise DeviceError(f"{error.filename}: cannot write the watch's flash file: {error.strerror}") from None
        self._secondary_slot = Slot(self._secondary, 0, board.slot_size)
        self._loader = BootLoader(
            board,
            Slot(self._flash, 0, board.slot_size),
            self._secondary_slot,
            key,
            file.with_name(file.name + ".counter"),
            log,
        )
        # Keep the slave open, because reading from the master fails while no client has it open.
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._wake, self._bell = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=f"watch {board.name}", daemon=True)
        self._emulated: tuple[Emulator, SecondaryChip] | None = None
        self._closed = False
        self._to_host = self._to_uart = b""  # bytes in transit
        self.failure: BaseException | None = None

    def start(self) -> "VirtualWatch":
        """Power on."""
        self.state = "recovery"
        self._thread.start()
        return self

    def close(self) -> None:
        """Power off, and wait until QEMU has exited."""
        if self._closed:
            return
        self._closed = True
        self._bell.close()
        if self._thread.ident is not None:
            self._thread.join()
        self._stop_emulator()
        self._flash.close()
        self._secondary.close()
        self._wake.close()
        os.close(self._slave)
        os.close(self._master)
        self.state = "off"

    def __enter__(self) -> "VirtualWatch":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        """Run the watch's main loop in its own thread, because QEMU dies with the thread that started it."""
        try:
            self._enter_recovery()
            if not self._recovery:
                self._boot()
            while self._step():
                pass
        except BaseException as error:  # log the error, because the client only sees a watch that does not respond
            self.failure = error
            self.state = "off"
            self.log(f"the virtual watch failed: {error}")

    def _step(self) -> bool:
        """Wait until bytes can be transferred, and transfer them. Returns False once the watch is switched off.

        A side is read only while no bytes are queued for the other side, so queues stay short and writes
        never block.
        """
        emulated = self._emulated
        reads: list[Side] = [self._wake]
        writes: list[Side] = []
        if not self._to_uart:
            reads.append(self._master)
        if self._to_host:
            writes.append(self._master)
        if emulated:
            emulator, _ = emulated
            reads += [emulator.chip] if self._to_host else [emulator.chip, emulator.serial]
            writes += [emulator.serial] if self._to_uart else []
        readable, writable, _ = select.select(reads, writes, [])
        if self._wake in readable:
            return False
        if self._master in writable:
            try:
                self._to_host = self._to_host[os.write(self._master, self._to_host) :]
            except BlockingIOError:  # `select` may report a pseudo-terminal as writable although it is not
                pass
        if self._master in readable:
            self._from_host(os.read(self._master, CHUNK))
        if emulated and not self._serve(*emulated, readable, writable):
            self._firmware_ended(emulated[0])
        return True

    def _serve(self, emulator: Emulator, chip: SecondaryChip, readable: list[Side], writable: list[Side]) -> bool:
        """Transfer bytes to and from the emulated core. Returns False if the core has stopped."""
        uart = emulator.serial
        try:
            if uart in writable:
                self._to_uart = self._to_uart[uart.send(self._to_uart) :]
            if uart in readable:
                time.sleep(GATHER)
            gone = uart in readable and not self._from_firmware(uart.recv(CHUNK))
            if emulator.chip in readable:
                chip.feed(emulator.chip.recv(CHUNK))
        except OSError:
            return False
        return not gone

    def _from_host(self, data: bytes) -> None:
        if self._emulated:
            self._to_uart += data
            return
        self._to_host += self._server.feed(data)
        if self._server.reset_requested:
            self._enter_recovery()
            self._boot()

    def _from_firmware(self, data: bytes) -> bool:
        self._to_host += data
        return bool(data)

    def _firmware_ended(self, emulator: Emulator) -> None:
        """Handle QEMU's exit: the firmware has reset itself or locked up. Bytes in transit to the firmware are lost."""
        said = emulator.last_words()
        self._stop_emulator()
        self._to_uart = b""
        self.log(f"the firmware crashed: {said.splitlines()[0]}" if said else "the firmware reset itself")
        self._enter_recovery()
        if self._loader.pending():
            self._boot()

    def _enter_recovery(self) -> None:
        self._server = SmpServer(self._loader, self._buffer, self.log)
        self.state = "recovery"

    def _boot(self) -> None:
        """Check the image and start it. Without a valid image, stay in recovery."""
        try:
            image = self._loader.boot()
        except ImageError as error:
            self.log(f"not booting: {error}")
            return
        self.log(f"booting {image.version}, hash {image.hash.hex()[:16]}")
        emulator = Emulator(self.board, self._flash.path, self._exact)
        self._emulated = emulator, SecondaryChip(self._secondary_slot, emulator.window)
        self.state = "running"

    def _stop_emulator(self) -> None:
        if self._emulated:
            self._emulated[0].close()
            self._emulated = None


def main(arguments: list[str] | None = None) -> int:
    """Print the port and run until interrupted."""
    parser = argparse.ArgumentParser(prog="virtual_watch", description="Run a virtual watch on a pseudo-terminal.")
    parser.add_argument("--board", required=True)
    parser.add_argument("--flash-file", type=Path, help="file for the flash contents")
    parser.add_argument("--recovery", action="store_true", help="stay in the boot loader after power-on")
    parser.add_argument("--fast", action="store_true", help="run at full speed, without exact instruction counts")
    options = parser.parse_args(arguments)
    try:
        return serve(load_board(options.board), options.flash_file, recovery=options.recovery, exact=not options.fast)
    except BoardsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def serve(board: Board, flash_file: Path | None = None, *, recovery: bool = False, exact: bool = True) -> int:
    """Run a watch until SIGINT or SIGTERM. The first line of output is the port's path."""
    stopped: list[int] = []  # not an Event, because its lock may be held when the signal handler runs
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stopped.append(number))

    def say(line: str) -> None:
        print(line + "\n", end="", flush=True)  # a single write, because two threads print

    watch = VirtualWatch(board, flash_file, recovery=recovery, exact=exact, log=lambda line: say(f"  {line}"))
    say(watch.port)
    with watch:
        while not stopped:
            time.sleep(0.1)
            if watch.failure:
                raise DeviceError(f"the virtual watch failed: {watch.failure}")
    return 0


if __name__ == "__main__":
    sys.exit(signals.run(main))
