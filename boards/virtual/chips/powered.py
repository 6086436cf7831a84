"""A board with a chip model, from power-on to power-off.

At power-on, the MCUboot model installs and checks the image in flash, and the chip runs it. If there is no valid image,
a boot loader runs: that of MCUboot or of the ROM on the serial line, or one that is a USB drive and replaces MCUboot.
The firmware can also start the ROM and the USB drive. A fault script (faults.py) may cut the power, after which the
board starts again.
"""

from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.virtual.bootloaders.smp import SmpServer
from ticktalk.boards.virtual.bootloaders.stm32 import Stm32Rom
from ticktalk.boards.virtual.bootloaders.uf2 import Uf2Drive, has_firmware, unmount
from ticktalk.boards.virtual.chips.chip import Chip
from ticktalk.boards.virtual.chips.errors import Reset, RomStarted
from ticktalk.boards.virtual.chips.nrf52.chip import Nrf52840
from ticktalk.boards.virtual.chips.nrf53.chip import Nrf5340
from ticktalk.boards.virtual.chips.rp2040.chip import Rp2040
from ticktalk.boards.virtual.chips.rp2350.chip import Rp2350
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32f4.chip import ChipF4
from ticktalk.boards.virtual.chips.stm32l4.chip import ChipL4
from ticktalk.boards.virtual.chips.stm32u5.chip import ChipU5
from ticktalk.boards.virtual.faults import Fault, FaultError, Faults, PowerCut
from ticktalk.boards.virtual.simulated_watch import Server, chip_with_mcuboot

Log = Callable[[str], None]
CHIPS: dict[str, type[Chip]] = {  # keyed by the clock's driver
    "nrf52": Nrf52840,
    "nrf53": Nrf5340,
    "rp2040": Rp2040,
    "rp2350": Rp2350,
    "stm32f4": ChipF4,
    "stm32l4": ChipL4,
    "stm32u5": ChipU5,
}


class Powered:
    """The board. `say` is called with the bytes that the board sends. `crystal` states whether the board's crystal
    starts.

    The flash contents are stored in `folder`. `key` is the public key (DER) for verifying images. `drive` is the folder
    that represents the boot loader's USB drive, by default a folder in `folder`. If `held` is true, the button that
    starts this boot loader is held at the first power-on.
    """

    def __init__(
        self,
        board: Board,
        folder: Path,
        say: Callable[[bytes], None],
        *,
        faults: Faults | None = None,
        key: bytes | None = None,
        crystal: bool = True,
        drive: Path | None = None,
        held: bool = False,
        log: Log = lambda line: None,
    ):
        self.board, self._say, self._log, self._crystal = board, say, log, crystal
        self.faults = faults or Faults()
        self.flash, self.loader = chip_with_mcuboot(board, folder, self.faults, key)
        self.record = SoundRecord()
        self.chip: Chip | None = None
        self._server: Server | None = None  # the running boot loader
        self._kept: tuple[bytes, bool] | None = None  # after a reset: the RAM, and whether the watchdog is the reason
        self._folder = drive or folder / "drive"
        self._drive: Uf2Drive | None = None  # the boot loader with a drive, while it runs
        if board.uf2 and held:
            self._start_server()
        else:
            self.power_on()

    def power_on(self) -> None:
        """Start the board, after a power cut or a reset."""
        while True:
            try:
                self._boot()
                return
            except PowerCut:
                self._log("power cut while the boot loader runs")

    def receive(self, data: bytes) -> None:
        """Process bytes from the host."""
        for piece in self.faults.line(data):
            if isinstance(piece, Fault):
                if piece.kind != "cut":
                    raise FaultError(f"fault '{piece}': not supported by chip models")
                self._finish()
                self._log("power cut")
                self.power_on()
                return  # later bytes in transit are lost
            elif self._server is not None:
                self._say(self._server.feed(piece))
                if self._server.reset_requested:
                    self.power_on()
            elif self.chip is not None:
                self.chip.uart.incoming.add(piece)

    def run(self) -> bool:
        """Run for a short time. Returns whether the board is idle until the next byte from the host.

        Raises ChipError if the firmware breaks a rule of the chip.
        """
        idle = False
        try:
            if self._drive is not None:
                self._drive.poll()
                if self._drive.reset_requested:
                    self.power_on()
            idle = self.chip.run() if self.chip is not None else True
            if self.chip is not None and self.chip.rom_entered:
                raise RomStarted
        except PowerCut:
            self._log("power cut")
            self.power_on()
        except Reset as reset:
            self._log(str(reset))
            assert self.chip is not None
            ram = self.board.ram
            self._kept = self.chip.core.memory(ram.address, ram.size), reset.by_watchdog
            self.power_on()
        except RomStarted:
            self._log("the firmware starts the ROM")
            self._start_server()
        return idle

    def power_off(self) -> None:
        """Remove the drive."""
        if self.board.uf2:
            unmount(self._folder)

    def _boot(self) -> None:
        self.chip = self._server = self._drive = None
        kept, self._kept = self._kept, None
        self.power_off()
        try:
            told = self._check()
        except ImageError as error:
            whose = "the" if self.board.uf2 else "the ROM's" if self.board.rom else "MCUboot's"
            self._log(f"{whose} boot loader runs: {error}")
            self._start_server()
            return
        self._log(f"booting {told}")
        kind = CHIPS[self.board.clock.driver if self.board.clock else ""]
        self.chip = kind(self.board, self.flash, self.record, lambda byte: self._say(bytes([byte])), self._crystal)
        if kept:
            self.chip.keep(*kept)
        self.chip.start()

    def _check(self) -> str:
        """Return which image boots. Raises `ImageError` if there is none."""
        if self.board.uf2:
            if not has_firmware(self.board, self.flash):
                raise ImageError("there is no firmware in flash")
            return "the firmware in flash"
        image = self.loader.boot()
        return f"{image.version}, hash {image.hash.hex()[:16]}"

    def _start_server(self) -> None:
        self.chip = None
        if self.board.uf2:
            self._drive = Uf2Drive(self.board, self.flash, self._folder, self._log)
        elif self.board.rom is None:
            self._server = SmpServer(self.loader, faults=self.faults, log=self._log)
        else:
            pages = (self.board.slot_address - self.board.flash.address) // self.board.page_size
            self._server = Stm32Rom(self.board, self.flash, faults=self.faults, protected=range(pages), log=self._log)

    def _finish(self) -> None:
        """Deliver the bytes that precede a power cut."""
        while self.chip is not None and not self.chip.uart.incoming.idle:
            self.run()
