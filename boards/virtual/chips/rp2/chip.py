"""What the RP2040 and the RP2350 on a board have in common."""

from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.virtual.chips.chip import Chip
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.rp2.bus import AliasBus
from ticktalk.boards.virtual.chips.rp2.clocks import Clocks, Pll, Xosc
from ticktalk.boards.virtual.chips.rp2.dma import Dma
from ticktalk.boards.virtual.chips.rp2.pins import connection
from ticktalk.boards.virtual.chips.rp2.pio import Pio
from ticktalk.boards.virtual.chips.rp2.resets import Resets
from ticktalk.boards.virtual.chips.rp2.uart import Uart
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.nor_flash import VirtualFlash

BOOTSEL, REFUSED = 0x220, 0x240  # in the model's ROM


class Rp2(Chip):
    """See Chip.

    `FASTEST` is the fastest clock of the core. `ROM` maps addresses to the half words of a ROM of our own, in which the
    function that starts the boot loader ends at BOOTSEL, or at REFUSED if its arguments are not the expected ones.
    """

    BUS = AliasBus
    FASTEST = ROM_SIZE = 0
    ROM: dict[int, tuple[int, ...]] = {}
    clocks: Resets

    def make_others(self, board: Board) -> None:
        """Create the peripherals that only this chip has."""
        raise NotImplementedError

    def other_memories(self, board: Board) -> list[tuple[int, int, bool]]:
        return [(0, self.ROM_SIZE, False)]

    def make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        assert board.uart
        for address, halves in self.ROM.items():
            self.core.load(address, b"".join(half.to_bytes(2, "little") for half in halves))
        facts = self._facts
        self.clocks = self._add("RESETS", Resets, self._peripherals)
        xosc = self._add("XOSC", Xosc, crystal)
        pll = self._add("PLL_SYS", Pll, xosc)
        self._tree = tree = self._add("CLOCKS", Clocks, xosc, pll, self.START_HZ, self.FASTEST)
        io, pads = (self._add(name, Peripheral) for name in ("IO_BANK0", "PADS_BANK0"))
        self.make_others(board)
        self.uart = self._add(
            "UART0",
            Uart,
            facts.interrupts["UART0"],
            board.baud,
            lambda: tree.peripheral_hz,
            connection(io, pads, board.uart.pins, board.uart.function, "UART0"),
            send,
            contents.faults.strikes,
        )
        if board.sound:
            target = facts.bases["PIO0"] + facts.registers["PIO0"]["TXF0"].offset
            dma = self._add("DMA", Dma, facts.interrupts["DMA_IRQ_0"], target, record.late, contents.faults.strikes)
            pins = tuple(int(pin[2:]) for pin in board.sound.pins)
            connected = connection(io, pads, board.sound.pins, board.sound.function, "PIO0")
            self._add("PIO0", Pio, pins, connected, lambda: tree.system_hz, dma, record)

    def run(self) -> bool:
        idle = super().run()
        if self.core.pc == REFUSED:
            raise ChipError("the ROM function that starts the boot loader is called with unusual arguments")
        return idle

    @property
    def rom_entered(self) -> bool:
        return self.core.pc == BOOTSEL
