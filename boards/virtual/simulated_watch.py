"""A watch of which only the boot loader is simulated: flash with two slots, MCUboot, a boot loader to flash
through, and a stub that answers HELLO.

No firmware runs here (qemu_watch.py does that). A started firmware answers HELLO with a banner made from its
image, and BOOT by returning to the boot loader. Each protocol makes its watch in bootloaders/<protocol>.py.
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
    """The serial side of a boot loader for one power-on."""

    reset_requested: bool

    def feed(self, data: bytes) -> bytes:
        """Answer bytes from the host."""


class Starter(Protocol):
    """Decides what runs after a reset: MCUboot, or its counterpart in an ESP32."""

    def boot(self) -> Image:
        """The image that starts. Raises ImageError if there is none."""


class SimulatedWatch:
    """A pty_device.FarSide. `loader` and `flash` are there for inspection.

    `serve()`: makes the boot loader's side of the line. `held`: the boot loader runs after every power-on, as
    with a boot pin held, and not only if nothing boots.
    """

    def __init__(
        self, board: Board, flash: VirtualFlash, loader: Starter, serve: Callable[[], Server], held: bool = False
    ):
        self.board, self.flash, self.loader, self._serve, self._held = board, flash, loader, serve, held
        self._server: Server | None = None
        self._banner = b""  # of the running firmware
        self._decoder = frames.Decoder()

    def power_on(self) -> bytes:
        """The banner, if a firmware starts."""
        self._server = None
        if self._held:
            self._server = self._serve()
            return b""
        return self._boot()

    def feed(self, data: bytes) -> bytes:
        """Pass bytes to the boot loader or the firmware, whichever runs."""
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
        """Run the firmware of `image`; return what it sends unasked."""
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
    """All of a chip's flash, with MCUboot's slots in it."""
    flash = VirtualFlash(folder / "flash", board.flash.size, board.page_size, board.word_size, faults)
    primary, secondary = Slot(flash, board.slot_address - board.flash.address, board.slot_size), None
    if board.secondary_address is not None:
        secondary = Slot(flash, board.secondary_address - board.flash.address, board.slot_size)
    return flash, BootLoader(board, primary, secondary, key, folder / "counter")
