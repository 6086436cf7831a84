"""A chip on a board: memories, peripherals and their connections."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from ticktalk.boards.board import Board
from ticktalk.boards.errors import BoardError
from ticktalk.boards.virtual.chips import bus
from ticktalk.boards.virtual.chips.core import Core
from ticktalk.boards.virtual.chips.errors import Reset
from ticktalk.boards.virtual.chips.facts import load_facts
from ticktalk.boards.virtual.chips.incoming import Incoming
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.nor_flash import VirtualFlash

BOOT_STACK = 0x2000  # bytes at the end of RAM that MCUboot may use as its stack
Made = TypeVar("Made", bound=Peripheral)


class Console(Protocol):
    """The console's UART. `incoming` holds the bytes from the host."""

    incoming: Incoming


class Controller(Protocol):
    """The flash controller."""

    def program(self, offset: int, size: int, value: int) -> bool:
        """Write to flash. Returns whether flash now contains the value."""


class Chip:
    """The chip, from one reset to the next. `send` is called with each byte that the console's UART transmits.

    `crystal` states whether the crystal starts. A subclass specifies the vendor's `FACTS`, creates the peripherals in
    `make`, and sets `clocks`, `uart` and `flash`.
    """

    FACTS = ""
    START_HZ = 0
    BUS = bus.Bus
    PRIORITY_BITS = 4
    clocks: bus.Clocks
    uart: Console
    flash: Controller

    def __init__(
        self, board: Board, flash: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool = True
    ):
        if board.clock is None or board.uart is None:
            raise BoardError(f"{board.file}: without [clock] and [uart], the chip model has no firmware to run")
        self._board = board
        self._facts = facts = load_facts(self.FACTS)
        start, end = board.slot_address, board.slot_address + board.slot_size
        others = [(first, last - first) for first, last in ((board.flash.address, start), (end, board.flash.end))]
        others = [(first, size) for first, size in others if size]  # flash that the core does not run from
        memories = [(board.ram.address, board.ram.size, True), (start, end - start, False), *self.other_memories(board)]
        memories += [(first, size, True) for first, size in others]
        self.core = Core(memories, self.START_HZ, self._reset_requested, self.PRIORITY_BITS, board.core)
        self.core.load(board.flash.address, flash.read())
        self._peripherals: dict[str, Peripheral] = {}
        self.make(board, flash, record, send, crystal)
        peripherals = self.BUS(self.clocks, [(facts.bases[name], each) for name, each in self._peripherals.items()])
        self.core.map(bus.BASE, bus.SIZE, peripherals.read, peripherals.write)
        for first, size in others:
            self._watch_flash(first, size)

    @property
    def rom_entered(self) -> bool:
        """Whether the firmware has started a boot loader in ROM."""
        return False

    def other_memories(self, board: Board) -> list[tuple[int, int, bool]]:
        """Return memories other than RAM and flash, as (address, size, writable)."""
        return []

    def make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        """Create the peripherals."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the image in the slot as its boot loader does."""
        board = self._board
        self.core.jump(board.slot_address if board.second_stage else board.code_address)

    def keep(self, ram: bytes, by_watchdog: bool) -> None:
        """Continue after a reset. `ram` is what the RAM contained; MCUboot has used its first half and its end."""
        half, end = len(ram) // 2, len(ram) - BOOT_STACK
        self.core.load(self._board.ram.address + half, ram[half:end])

    def run(self) -> bool:
        """See Core.run. Raises Reset if the chip is reset."""
        return self.core.run()

    def _add(self, name: str, kind: Callable[..., Made], *arguments: object) -> Made:
        """Create the peripheral `name` from the class `kind`, with its registers, the core and any other arguments."""
        self._peripherals[name] = made = kind(name, self._facts.registers[name], self.core, *arguments)
        return made

    def _watch_flash(self, address: int, size: int) -> None:
        offset = address - self._board.flash.address
        self.core.watch(address, size, lambda at, count, value: self.flash.program(offset + at, count, value))

    def _reset_requested(self) -> None:
        raise Reset("the firmware resets the chip")
