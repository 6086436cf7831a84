"""An RP2040 on a board, from the second boot stage on."""

from ticktalk.boards.board import Board
from ticktalk.boards.images.formats import SECOND_STAGE
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.rp2.chip import BOOTSEL, REFUSED, Rp2
from ticktalk.boards.virtual.chips.rp2040.ssi import Ssi

SSI_SIZE = 0x1000
STAGE_ADDRESS = 0x2004_1F00  # where the ROM copies the second stage; the stack is below
# The pointer at 0x14 points to a table of functions, which the model does not have, and the one at 0x18 to the function
# that looks up a code, which knows only "UB". "UB" leads to USB_BOOT, whose arguments must be 0.
TABLE, LOOK_UP, USB_BOOT = 0x80, 0x100, 0x200


class Rp2040(Rp2):
    """See Chip."""

    FACTS, START_HZ, FASTEST, ROM_SIZE = "rp2040", 6_500_000, 133_000_000, 0x4000
    PRIORITY_BITS = 2
    ROM = {
        0x14: (TABLE, 0, LOOK_UP | 1),
        # ldr r2, "UB"; movs r0, #0; cmp r1, r2; bne; ldr r0, USB_BOOT | 1; bx lr; nop; the two words
        LOOK_UP: (0x4A02, 0x2000, 0x4291, 0xD100, 0x4801, 0x4770, 0x4255, 0, USB_BOOT | 1, 0),
        # orrs r0, r1; bne REFUSED; b BOOTSEL
        USB_BOOT: (0x4308, 0xD11D, 0xE00C),
        BOOTSEL: (0xE7FE,),
        REFUSED: (0xE7FE,),
    }

    def make_others(self, board: Board) -> None:
        self._add("PADS_QSPI", Peripheral)
        self.ssi = ssi = Ssi("SSI", self._facts.registers["SSI"], self.core)
        self.core.map(self._facts.bases["SSI"], SSI_SIZE, ssi.read, ssi.write)

    def start(self) -> None:
        """Copy the second boot stage to RAM, and call it as the ROM does, with 0 as the return address."""
        self.core.load(STAGE_ADDRESS, self.core.memory(self._board.flash.address, SECOND_STAGE))
        self.core.enter(STAGE_ADDRESS, STAGE_ADDRESS | 1, 0)

    def run(self) -> bool:
        idle = super().run()
        flash = self._board.flash
        if flash.address <= self.core.pc < flash.end and not self.ssi.continuous:
            raise ChipError("the core runs from flash, but the SSI is not set up for continuous quad reads")
        return idle
