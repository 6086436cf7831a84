"""The far side of a simulated line: flash with two slots, MCUboot, a boot loader that is flashed over, a firmware that tells its name.

What runs on the core is not simulated here (virtual_watch.py does that): a firmware that was started answers HELLO with a
banner made from its image, and BOOT by going back to the boot loader.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from . import console_frames as frames
from .board import Board
from .errors import ImageError
from .faults import Faults
from .image import Image
from .mcuboot import BootLoader
from .virtual_flash import Slot, VirtualFlash


class Server(Protocol):
    """One power-on of a boot loader's serial side."""

    reset_requested: bool

    def feed(self, data: bytes) -> bytes:
        """The answers to bytes from the host."""


class SimulatedWatch:
    """A simulated.FarSide. `loader` and `flash` for whoever wants to look inside.

    `serve(watch)`: makes the boot loader's side of the line. `held`: it is in the boot loader after every power-on, as with a
    boot pin pulled, and not only when nothing boots.
    """

    def __init__(self, board: Board, flash: VirtualFlash, loader: BootLoader, serve: Callable[["SimulatedWatch"], Server], held: bool = False):
        self.board, self.flash, self.loader, self._serve, self._held = board, flash, loader, serve, held
        self._server: Server | None = None
        self._image: Image | None = None
        self._decoder = frames.Decoder()

    def power_on(self) -> bytes:
        """The banner, if a firmware starts."""
        self._server = self._image = None
        if self._held:
            self._server = self._serve(self)
            return b""
        return self._boot()

    def feed(self, data: bytes) -> bytes:
        """To the boot loader or the firmware, whoever is there."""
        if self._server is None:
            return b"".join(self._firmware(kind) for kind, _ in self._decoder.feed(data))
        answer = self._server.feed(data)
        if self._server.reset_requested:
            answer += self._boot()
        return answer

    def _boot(self) -> bytes:
        self._server = None
        try:
            self._image = self.loader.boot()
        except ImageError:
            self._server = self._serve(self)
            return b""
        return self._banner()

    def _firmware(self, kind: int) -> bytes:
        if kind == frames.HELLO:
            return self._banner()
        if kind == frames.BOOT:
            self._server = self._serve(self)
            return frames.encode(frames.OK)
        return frames.encode(frames.ERROR, b"\x05")

    def _banner(self) -> bytes:
        return frames.encode(frames.BANNER, f"product=ticktalk\nprotocol=1\nboard={self.board.name}\nkind=simulated\n"
                                            f"name=simulated\nbuild={self._image.hash.hex()}\n".encode())


def smp_watch(board: Board, folder: Path, faults: Faults | None = None, key: bytes | None = None, **options) -> SimulatedWatch:
    """A watch with MCUboot's serial recovery, its flash in `folder`. `options` of SmpServer."""
    from .smp_server import SmpServer

    flash = VirtualFlash(folder / "flash", 2 * board.slot_size, board.page_size, board.word_size, faults)
    slots = Slot(flash, 0, board.slot_size), Slot(flash, board.slot_size, board.slot_size)
    loader = BootLoader(board, *slots, key, folder / "counter")
    return SimulatedWatch(board, flash, loader, lambda watch: SmpServer(loader, faults=faults, **options))


def stm32_watch(board: Board, folder: Path, faults: Faults | None = None, key: bytes | None = None, **options) -> SimulatedWatch:
    """A chip with its boot pin pulled: its ROM after every power-on, MCUboot when the host says go. `options` of Stm32Rom."""
    from .stm32_rom import Stm32Rom

    flash = VirtualFlash(folder / "flash", board.flash.size, board.page_size, board.word_size, faults)
    slots = [None if address is None else Slot(flash, address - board.flash.address, board.slot_size)
             for address in (board.slot_address, board.spare_address)]
    loader = BootLoader(board, *slots, key, folder / "counter")
    boot_pages = range((board.slot_address - board.flash.address) // board.page_size)
    return SimulatedWatch(board, flash, loader, lambda watch: Stm32Rom(board, flash, faults=faults, **{"protected": boot_pages} | options),
                          held=True)
