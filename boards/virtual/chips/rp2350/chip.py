"""An RP2350 on a board: an Arm core in secure state, as the ROM starts it."""

from ticktalk.boards.board import Board
from ticktalk.boards.images.picobin import vector_table
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.rp2.chip import BOOTSEL, REFUSED, Rp2
from ticktalk.boards.virtual.chips.rp2350.qmi import Qmi
from ticktalk.boards.virtual.chips.rp2350.watchdog import Ticks, Watchdog

UNCACHED = 0x1400_0000
# The pointer at 0x16 points to the function that looks up a code, which knows only "RB" for a core in secure state,
# and leads to REBOOT, whose first argument must request the boot loader and no return.
LOOK_UP, REBOOT = 0x100, 0x200


class Rp2350(Rp2):
    """See Chip."""

    FACTS, START_HZ, FASTEST, ROM_SIZE = "rp2350", 11_000_000, 150_000_000, 0x8000
    ROM = {
        0x16: (LOOK_UP | 1,),
        # movw r2, "RB"; cmp r0, r2; bne; cmp r1, #4; bne; movw r0, REBOOT | 1; bx lr; movs r0, #0; bx lr
        LOOK_UP: (0xF244, 0x2252, 0x4290, 0xD104, 0x2904, 0xD102, 0xF240, 0x2001, 0x4770, 0x2000, 0x4770),
        # movw r2, #0x102; cmp r0, r2; bne REFUSED; b BOOTSEL
        REBOOT: (0xF240, 0x1202, 0x4290, 0xD11B, 0xE00A),
        BOOTSEL: (0xE7FE,),
        REFUSED: (0xE7FE,),
    }

    def make_others(self, board: Board) -> None:
        self.qmi = self._add("QMI", Qmi, lambda: board.flash.address <= self.core.pc < board.flash.end)
        self.core.map(UNCACHED, board.flash.size, self.qmi.read_uncached, self._write_uncached)
        ticks, power = self._add("TICKS", Ticks), self._add("PSM", Peripheral)
        self.watchdog = self._add("WATCHDOG", Watchdog, ticks, power, lambda: self._tree.reference_hz)

    def start(self) -> None:
        """Start the image that the block at the start of flash describes. Raises ImageError if there is none."""
        flash = self._board.flash
        self.core.jump(flash.address + vector_table(self.core.memory(flash.address, flash.size), flash.address))

    def run(self) -> bool:
        idle = super().run()
        if self.core.sleeping and self.watchdog.runs:
            raise ChipError("the core sleeps while the watchdog counts")
        return idle

    def _write_uncached(self, offset: int, size: int, value: int) -> None:
        raise ChipError(f"write to {UNCACHED + offset:#010x}, which is flash")
