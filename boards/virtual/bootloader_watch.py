"""The far side of a simulated line: flash with two slots, MCUboot, a boot loader that is flashed over, a firmware that
tells its name.

What runs on the core is not simulated here (qemu_watch.py does that): a firmware that was started answers HELLO with
a banner made from its image, and BOOT by going back to the boot loader.

    python -m ticktalk.boards.virtual.bootloader_watch --board stm32u5a9j-dk --folder /tmp/watch
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Unpack

from ticktalk.boards.board import Board, load_board
from ticktalk.boards.console import frames
from ticktalk.boards.errors import BoardError, BoardsError, DeviceError, ImageError
from ticktalk.boards.images.esp import check_esp_image
from ticktalk.boards.images.mcuboot import Image
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.mcuboot import BootLoader
from ticktalk.boards.virtual.nor_flash import FlashError, Slot, VirtualFlash
from ticktalk.boards.virtual.pty_device import SimulatedDevice

if TYPE_CHECKING:
    from ticktalk.boards.virtual.bootloaders.ambiq import AmbiqOptions
    from ticktalk.boards.virtual.bootloaders.esp import EspOptions
    from ticktalk.boards.virtual.bootloaders.smp import SmpOptions
    from ticktalk.boards.virtual.bootloaders.stm32 import Stm32Options

TURNAROUND = 0.001  # seconds a paced device thinks before it answers


class Server(Protocol):
    """One power-on of a boot loader's serial side."""

    reset_requested: bool

    def feed(self, data: bytes) -> bytes:
        """The answers to bytes from the host."""


class Starter(Protocol):
    """Who decides after a reset what runs: MCUboot, or what an ESP32 has in its place."""

    def boot(self) -> Image:
        """The image that starts. Raises ImageError when there is none."""


class SimulatedWatch:
    """A pty_device.FarSide. `loader` and `flash` for whoever wants to look inside.

    `serve()`: makes the boot loader's side of the line. `held`: it is in the boot loader after every power-on, as with
    a boot pin pulled, and not only when nothing boots."""

    def __init__(
        self, board: Board, flash: VirtualFlash, loader: Starter, serve: Callable[[], Server], held: bool = False
    ):
        self.board, self.flash, self.loader, self._serve, self._held = board, flash, loader, serve, held
        self._server: Server | None = None
        self._banner = b""  # of the firmware that runs
        self._decoder = frames.Decoder()

    def power_on(self) -> bytes:
        """The banner, if a firmware starts."""
        self._server = None
        if self._held:
            self._server = self._serve()
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
            image = self.loader.boot()
        except ImageError:
            self._server = self._serve()
            return b""
        return self._start(image)

    def _start(self, image: Image) -> bytes:
        """The firmware of `image` runs; what it says unasked."""
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


def smp_watch(
    board: Board, folder: Path, faults: Faults | None = None, key: bytes | None = None, **options: "Unpack[SmpOptions]"
) -> SimulatedWatch:
    """A watch with MCUboot's serial recovery, its flash in `folder`. `options` of SmpServer."""
    from ticktalk.boards.virtual.bootloaders.smp import SmpServer

    flash = VirtualFlash(folder / "flash", 2 * board.slot_size, board.page_size, board.word_size, faults)
    primary, secondary = Slot(flash, 0, board.slot_size), Slot(flash, board.slot_size, board.slot_size)
    loader = BootLoader(board, primary, secondary, key, folder / "counter")
    return SimulatedWatch(board, flash, loader, lambda: SmpServer(loader, faults=faults, **options))


def stm32_watch(
    board: Board,
    folder: Path,
    faults: Faults | None = None,
    key: bytes | None = None,
    **options: "Unpack[Stm32Options]",
) -> SimulatedWatch:
    """A chip with its boot pin pulled: its ROM after every power-on, MCUboot when the host says go. `options` of
    Stm32Rom."""
    from ticktalk.boards.virtual.bootloaders.stm32 import Stm32Rom

    flash, loader = _chip(board, folder, faults, key)
    options.setdefault("protected", range((board.slot_address - board.flash.address) // board.page_size))
    return SimulatedWatch(board, flash, loader, lambda: Stm32Rom(board, flash, faults=faults, **options), held=True)


def ambiq_watch(
    board: Board,
    folder: Path,
    faults: Faults | None = None,
    key: bytes | None = None,
    **options: "Unpack[AmbiqOptions]",
) -> SimulatedWatch:
    """A chip with its override pin held: the secure boot loader after every power-on, MCUboot after RESET. `options` of
    AmbiqSbl."""
    from ticktalk.boards.virtual.bootloaders.ambiq import AmbiqSbl

    flash, loader = _chip(board, folder, faults, key)
    options.setdefault("protected", range(board.flash.address, board.slot_address))
    return SimulatedWatch(board, flash, loader, lambda: AmbiqSbl(board, flash, faults=faults, **options), held=True)


def esp_watch(
    board: Board, folder: Path, faults: Faults | None = None, key: bytes | None = None, **options: "Unpack[EspOptions]"
) -> SimulatedWatch:
    """An ESP32 with its BOOT button held: its ROM after every power-on, the application when the host says so.
    `options` of EspRom."""
    from ticktalk.boards.virtual.bootloaders.esp import EspRom

    flash = VirtualFlash(folder / "flash", board.flash.size, board.page_size, board.word_size, faults)
    application = EspApplication(board, Slot(flash, board.slot_address - board.flash.address, board.slot_size))
    return SimulatedWatch(board, flash, application, lambda: EspRom(board, flash, faults=faults, **options), held=True)


@dataclass(frozen=True)
class EspApplication:
    """In place of MCUboot: the boot loader in an ESP32's flash, with one application."""

    board: Board
    primary: Slot

    def boot(self) -> Image:
        """The application that starts. Raises ImageError when there is none."""
        return check_esp_image(self.primary.read(), self.board, "flash")


def _chip(board: Board, folder: Path, faults: Faults | None, key: bytes | None) -> tuple[VirtualFlash, BootLoader]:
    """All of a chip's flash, with MCUboot's slots in it."""
    flash = VirtualFlash(folder / "flash", board.flash.size, board.page_size, board.word_size, faults)
    primary, secondary = Slot(flash, board.slot_address - board.flash.address, board.slot_size), None
    if board.secondary_address is not None:
        secondary = Slot(flash, board.secondary_address - board.flash.address, board.slot_size)
    return flash, BootLoader(board, primary, secondary, key, folder / "counter")


def simulated(
    board: Board, folder: Path, script: str = "", paced: bool = False, key: bytes | None = None
) -> SimulatedDevice:
    """The board's boot loader on a pseudo-terminal, its flash in `folder`: to be entered as a context.

    `script`: faults.py. `paced`: bytes take the time they take at the speed that the host has set, answers TURNAROUND
    more."""
    simulable = {protocol.name: protocol for protocol in PROTOCOLS.values() if protocol.simulated}
    if board.protocol not in simulable:
        raise BoardError(
            f"{board.name}: there is no simulated device for protocol '{board.protocol}'; there are "
            f"{', '.join(simulable)}"
        )
    protocol = simulable[board.protocol]
    make: Callable[[Board, Path, Faults, bytes | None], SimulatedWatch] = globals()[protocol.simulated]
    bits = 10 if protocol.parity == "N" else 11  # of a byte: start, 8, parity, stop
    folder.mkdir(parents=True, exist_ok=True)
    faults = Faults(parse(script))
    try:
        watch = make(board, folder, faults, key)
    except FlashError as error:
        raise DeviceError(str(error)) from None
    return SimulatedDevice(watch, faults, bits=bits if paced else 0, turnaround=TURNAROUND if paced else 0)


def main(arguments: list[str] | None = None) -> int:
    """`python -m ticktalk.boards.virtual.bootloader_watch`: print the port, run until interrupted."""
    parser = argparse.ArgumentParser(prog="simulated_watch", description="A board's boot loader on a pseudo-terminal.")
    parser.add_argument("--board", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where its flash is kept")
    parser.add_argument(
        "--faults", default="", help="for example 'drop@1000 unplug@70000', see boards/virtual/faults.py"
    )
    parser.add_argument("--paced", action="store_true", help="a line that takes time, at the speed that the host sets")
    options = parser.parse_args(arguments)
    try:
        with simulated(load_board(options.board), options.folder, options.faults, options.paced) as device:
            print(device.path, flush=True)
            device.wait()
    except BoardsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
