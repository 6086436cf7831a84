"""An nRF52840 on a board."""

from collections.abc import Callable
from functools import partial

from ticktalk.boards.board import Board
from ticktalk.boards.virtual.chips.chip import Chip
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.nrf52.clock import CORE_HZ, Clock, Power
from ticktalk.boards.virtual.chips.nrf52.counting import Ppi, Timer
from ticktalk.boards.virtual.chips.nrf52.gpio import Gpio
from ticktalk.boards.virtual.chips.nrf52.i2s import I2s
from ticktalk.boards.virtual.chips.nrf52.nvmc import Nvmc
from ticktalk.boards.virtual.chips.nrf52.tasks import EVENT, TASK, TaskPeripheral
from ticktalk.boards.virtual.chips.nrf52.uarte import Uarte
from ticktalk.boards.virtual.chips.nrf52.wdt import Wdt
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.nor_flash import VirtualFlash

PORTS = ("P0", "P1")
UNSELECTED = 1 << 31  # CONNECT in PSEL


class Nrf52840(Chip):
    """See Chip."""

    FACTS, START_HZ, PRIORITY_BITS = "nrf52840", CORE_HZ, 3

    def make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        assert board.uart
        facts = self._facts
        self.clocks = self._add("CLOCK", Clock, crystal)
        self._power = self._add("POWER", Power)
        running = range(board.slot_address, board.slot_address + board.slot_size)
        self.flash = self._add("NVMC", Nvmc, contents, running)
        for name in PORTS:
            self._add(name, Gpio)
        ppi = self._add("PPI", Ppi)
        console = {base: name for name, base in facts.bases.items()}[board.uart.address]
        self.uart = self._add(
            console,
            Uarte,
            facts.interrupts[console],
            ppi.publish,
            board.baud,
            {value: rate for rate, value in facts.values["baud rates"].items()},
            partial(self._check_uart, console, board.uart.pins),
            self._ram,
            send,
            contents.faults.strikes,
        )
        self._add("TIMER1", Timer)
        self._add("TIMER2", Timer, facts.interrupts["TIMER2"])
        self._add("WDT", Wdt)
        if board.sound:
            dividers = {value: divider for divider, value in facts.values["dividers of 32 MHz"].items()}
            pins = partial(self._check_outputs, "I2S", board.sound.pins)
            self._add("I2S", I2s, facts.interrupts["I2S"], dividers, pins, self._ram, record, contents.faults.strikes)
        for name, peripheral in self._peripherals.items():
            if isinstance(peripheral, TaskPeripheral):
                self._connect(ppi, facts.bases[name], peripheral)

    @property
    def retained(self) -> int:
        """The register that keeps its value during a reset, in which firmware passes a request to the boot loader."""
        return self._power.values["GPREGRET"]

    def _connect(self, ppi: Ppi, base: int, peripheral: TaskPeripheral) -> None:
        for register in peripheral.registers.values():
            if register.name.startswith(TASK):
                ppi.tasks[base + register.offset] = partial(peripheral.task, register.name.removeprefix(TASK))
            if register.name.startswith(EVENT):
                ppi.events[base + register.offset] = peripheral.name, register.name.removeprefix(EVENT)

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
