"""A watch that simulates only the flash, MCUboot and a boot loader for flashing.

Unlike the watch in qemu_watch.py, this watch does not run firmware. A stub responds to HELLO with a banner derived from
the image, and to BOOT by returning to the boot loader. Each protocol's watch is created in bootloaders/<protocol>.py.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ticktalk.boards.board import Board
from ticktalk.boards.console import frames
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.mcuboot import Image
from ticktalk.boards.virtual.faults import Faults
from ticktalk.boards.virtual.mcuboot import BootLoader
from ticktalk.boards.virtual.nor_flash import Slot, VirtualFlash


class Server(Protocol):
    """The serial side of a boot loader for one run, from power-on to reset."""

    reset_requested: bool

    def feed(self, data: bytes) -> bytes:
        """Process bytes from the host, and return the response."""


class Starter(Protocol):
    """Selects the image that runs after a reset: MCUboot, or its counterpart on an ESP32."""

    def boot(self) -> Image:
        """Return the image that runs after this reset. Raises `ImageError` if there is none."""


class SimulatedWatch:
    """A pty_device.FarSide. Tests may inspect `loader` and `flash`.

    `serve()` creates the serial side of the boot loader. If `held` is true, the boot loader runs after every
    power-on, as if its button were held. Otherwise, the boot loader runs only if no image can boot.
    """

    def __init__(
        self, board: Board, flash: VirtualFlash, loader: Starter, serve: Callable[[], Server], held: bool = False
    ):
        self.board, self.flash, self.loader, self._serve, self._held = board, flash, loader, serve, held
        self._server: Server | None = None
        self._banner = b""  # the running firmware's
        self._decoder = frames.Decoder()

    def power_on(self) -> bytes:
        """Power on, and return the banner if firmware starts."""
        self._server = None
        if self._held:
            self._server = self._serve()
            return b""
        return self._boot()

    def feed(self, data: bytes) -> bytes:
        """Pass bytes to the boot loader or the firmware, whichever is running, and return the response."""
        if self._server is None:
            return b"".join(self._firmware(kind) for kind, _ in self._decoder.feed(data))
        answer = self._server.feed(data)
        if self._server.reset_requested:
            answer += self._boot()
        return answer

    def _boot(self) -> bytes:
        self._server = None
        try:
            image = self.loader.boot()
        except ImageError:
            self._server = self._serve()
            return b""
        return self._start(image)

    def _start(self, image: Image) -> bytes:
        """Run the firmware of `image`, and return its banner."""
        self._banner = frames.encode(
            frames.BANNER,
            f"product=ticktalk\nprotocol=1\nboard={self.board.name}\nkind=simulated\n"
            f"name=simulated\nbuild={image.hash.hex()}\n".encode(),
        )
        return self._banner

    def _firmware(self, kind: int) -> bytes:
        if kind == frames.HELLO:
            return self._banner
        if kind == frames.BOOT:
            self._server = self._serve()
            return frames.encode(frames.OK)
        return frames.encode(frames.ERROR, b"\x05")


def chip_with_mcuboot(
    board: Board, folder: Path, faults: Faults | None, key: bytes | None
) -> tuple[VirtualFlash, BootLoader]:
    """Return a chip's flash, and MCUboot with its slots in that flash."""
    flash = VirtualFlash(folder / "flash", board.flash.size, board.page_size, board.word_size, faults)
    primary, secondary = Slot(flash, board.slot_address - board.flash.address, board.slot_size), None
    if board.secondary_address is not None:
        secondary = Slot(flash, board.secondary_address - board.flash.address, board.slot_size)
    return flash, BootLoader(board, primary, secondary, key, folder / "counter")
