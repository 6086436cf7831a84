"""An RP2350 on a board: an Arm core in secure state, as the ROM starts it."""

from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.images.picobin import vector_table
from ticktalk.boards.virtual.chips.chip import Chip
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.rp2350.bus import AliasBus
from ticktalk.boards.virtual.chips.rp2350.clocks import RING, Clocks, Pll, Xosc
from ticktalk.boards.virtual.chips.rp2350.dma import Dma
from ticktalk.boards.virtual.chips.rp2350.pins import connection
from ticktalk.boards.virtual.chips.rp2350.pio import Pio
from ticktalk.boards.virtual.chips.rp2350.qmi import Qmi
from ticktalk.boards.virtual.chips.rp2350.resets import Resets
from ticktalk.boards.virtual.chips.rp2350.uart import Uart
from ticktalk.boards.virtual.chips.rp2350.watchdog import Ticks, Watchdog
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.nor_flash import VirtualFlash

ROM_SIZE = 0x8000
UNCACHED = 0x1400_0000
# A ROM of our own. The pointer at 0x16 points to the function that looks up a code, which knows only "RB" for a core in
# secure state. "RB" leads to REBOOT, which ends in BOOTSEL if its first argument requests the boot loader and no
# return.
LOOK_UP, REBOOT, BOOTSEL, REFUSED = 0x100, 0x200, 0x220, 0x240
ROM = {
    0x16: (LOOK_UP | 1,),
    # movw r2, "RB"; cmp r0, r2; bne; cmp r1, #4; bne; movw r0, REBOOT | 1; bx lr; movs r0, #0; bx lr
    LOOK_UP: (0xF244, 0x2252, 0x4290, 0xD104, 0x2904, 0xD102, 0xF240, 0x2001, 0x4770, 0x2000, 0x4770),
    # movw r2, #0x102; cmp r0, r2; bne REFUSED; b BOOTSEL
    REBOOT: (0xF240, 0x1202, 0x4290, 0xD11B, 0xE00A),
    BOOTSEL: (0xE7FE,),
    REFUSED: (0xE7FE,),
}


class Rp2350(Chip):
    """See Chip."""

    FACTS, START_HZ, BUS = "rp2350", RING, AliasBus
    clocks: Resets

    def other_memories(self, board: Board) -> list[tuple[int, int, bool]]:
        return [(0, ROM_SIZE, False)]

    def make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        assert board.uart
        for address, halves in ROM.items():
            self.core.load(address, b"".join(half.to_bytes(2, "little") for half in halves))
        facts = self._facts
        self.clocks = self._add("RESETS", Resets, self._peripherals)
        xosc = self._add("XOSC", Xosc, crystal)
        self._tree = self._add("CLOCKS", Clocks, xosc, self._add("PLL_SYS", Pll, xosc))
        io, pads = (self._add(name, Peripheral) for name in ("IO_BANK0", "PADS_BANK0"))
        self.qmi = self._add("QMI", Qmi, lambda: board.flash.address <= self.core.pc < board.flash.end)
        self.core.map(UNCACHED, board.flash.size, self.qmi.read_uncached, self._write_uncached)
        ticks, power = self._add("TICKS", Ticks), self._add("PSM", Peripheral)
        self.watchdog = self._add("WATCHDOG", Watchdog, ticks, power, lambda: self._tree.reference_hz)
        self.uart = self._add(
            "UART0",
            Uart,
            facts.interrupts["UART0"],
            board.baud,
            lambda: self._tree.peripheral_hz,
            connection(io, pads, board.uart.pins, board.uart.function, "UART0"),
            send,
            contents.faults.strikes,
        )
        if board.sound:
            target = facts.bases["PIO0"] + facts.registers["PIO0"]["TXF0"].offset
            dma = self._add("DMA", Dma, facts.interrupts["DMA_IRQ_0"], target, record.late, contents.faults.strikes)
            pins = tuple(int(pin[2:]) for pin in board.sound.pins)
            connected = connection(io, pads, board.sound.pins, board.sound.function, "PIO0")
            self._add("PIO0", Pio, pins, connected, lambda: self._tree.system_hz, dma, record)

    def start(self) -> None:
        """Start the image that the block at the start of flash describes. Raises ImageError if there is none."""
        flash = self._board.flash
        self.core.jump(flash.address + vector_table(self.core.memory(flash.address, flash.size), flash.address))

    def run(self) -> bool:
        idle = super().run()
        if self.core.pc == REFUSED:
            raise ChipError("the ROM's function `reboot` is called with flags other than 0x102")
        if self.core.sleeping and self.watchdog.runs:
            raise ChipError("the core sleeps while the watchdog counts")
        return idle

    @property
    def rom_entered(self) -> bool:
        return self.core.pc == BOOTSEL

    def _write_uncached(self, offset: int, size: int, value: int) -> None:
        raise ChipError(f"write to {UNCACHED + offset:#010x}, which is flash")
