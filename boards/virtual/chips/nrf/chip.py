"""A Nordic chip on a board."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from ticktalk.boards.board import Board
from ticktalk.boards.virtual.chips.chip import Chip
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.nrf.clock import Clock
from ticktalk.boards.virtual.chips.nrf.gpio import Gpio
from ticktalk.boards.virtual.chips.nrf.i2s import I2s
from ticktalk.boards.virtual.chips.nrf.nvmc import Nvmc
from ticktalk.boards.virtual.chips.nrf.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.nrf.timer import Timer
from ticktalk.boards.virtual.chips.nrf.uarte import Uarte
from ticktalk.boards.virtual.chips.nrf.wdt import Wdt
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.nor_flash import VirtualFlash

PORTS = ("P0", "P1")
UNSELECTED = 1 << 31  # CONNECT in PSEL


class Router(Protocol):
    """The peripheral that connects events to tasks."""

    def connect(self, peripherals: list[tuple[int, TaskPeripheral]]) -> None:
        """Add the tasks and events of `peripherals`, a list of (base address, peripheral)."""

    def publish(self, name: str, event: str) -> None:
        """Start the tasks that are connected to the event."""


class Nrf(Chip):
    """See Chip.

    A subclass specifies the names of instances, the names of interrupts that differ from their peripherals', and the
    classes of peripherals that differ between chips.
    """

    PRIORITY_BITS = 3
    SOUND = WATCHDOG = ""
    INTERRUPTS: dict[str, str] = {}
    CLOCK: type[Clock]
    NVMC: Callable[..., Nvmc]

    def make_others(self) -> Router:
        """Create the peripherals that only this chip has, and return the one that connects events to tasks."""
        raise NotImplementedError

    def master_clock(self, i2s: I2s) -> float:
        """Return the frequency of the I2S's master clock in hertz. Raises ChipError for a setting that is not
        documented."""
        raise NotImplementedError

    def make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        assert board.uart
        facts = self._facts
        self.clocks = self._add("CLOCK", self.CLOCK, crystal)
        running = range(board.slot_address, board.slot_address + board.slot_size)
        self.flash = self._add("NVMC", self.NVMC, contents, running)
        for name in PORTS:
            self._add(name, Gpio)
        router = self.make_others()
        console = {base: name for name, base in facts.bases.items()}[board.uart.address]
        self.uart = self._add(
            console,
            Uarte,
            self._interrupt(console),
            router.publish,
            board.baud,
            {value: rate for rate, value in facts.values["baud rates"].items()},
            partial(self._check_uart, console, board.uart.pins),
            self._ram,
            send,
            contents.faults.strikes,
        )
        self._add("TIMER1", Timer)
        self._add("TIMER2", Timer, self._interrupt("TIMER2"))
        self._add(self.WATCHDOG, Wdt)
        if board.sound:
            pins = partial(self._check_outputs, self.SOUND, board.sound.pins)
            strikes = contents.faults.strikes
            self._add(self.SOUND, I2s, self._interrupt(self.SOUND), self.master_clock, pins, self._ram, record, strikes)
        tasks = [(facts.bases[name], each) for name, each in self._peripherals.items()]
        router.connect([(base, each) for base, each in tasks if isinstance(each, TaskPeripheral)])

    def _interrupt(self, name: str) -> int:
        return self._facts.interrupts[self.INTERRUPTS.get(name, name)]

    def _ram(self, address: int, size: int) -> bytes:
        """Return memory for EasyDMA, which can access only RAM."""
        ram = self._board.ram
        if not ram.address <= address <= address + size <= ram.end:
            raise ChipError(f"EasyDMA is configured for {size} bytes at {address:#010x}, which are not in RAM")
        return self.core.memory(address, size)

    def _check_uart(self, name: str, pins: tuple[str, ...], selected: tuple[int, ...]) -> None:
        self._check_outputs(name, pins[:1], selected[:1], 1)
        self._check_selected(name, pins[1:], selected[1:])
        if not self._port(selected[1]).listens(selected[1] % 32):
            raise ChipError(f"{name} is used, but pin {pins[1]} is not an input")

    def _check_outputs(self, name: str, pins: tuple[str, ...], selected: tuple[int, ...], level: int = 0) -> None:
        self._check_selected(name, pins, selected)
        for pin, number in zip(pins, selected):
            if (found := self._port(number).output(number % 32)) != level:
                raise ChipError(f"{name} is used, but pin {pin} is {found} instead of an output with level {level}")

    def _check_selected(self, name: str, pins: tuple[str, ...], selected: tuple[int, ...]) -> None:
        wanted = tuple(32 * int(pin[1]) + int(pin[3:]) for pin in pins)
        if wanted != selected:
            found = ", ".join(
                "none" if number & UNSELECTED else f"P{number // 32}.{number % 32:02}" for number in selected
            )
            raise ChipError(f"{name} is used with pins {found}, but the board has {', '.join(pins)}")

    def _port(self, number: int) -> Gpio:
        port = self._peripherals[PORTS[number // 32]]
        assert isinstance(port, Gpio)
        return port
