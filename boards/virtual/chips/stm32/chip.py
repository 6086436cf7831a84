"""An STM32 on a board: memories, peripherals and their connections."""

from collections.abc import Callable
from typing import TypeVar

from ticktalk.boards.board import Board
from ticktalk.boards.errors import BoardError
from ticktalk.boards.virtual.chips import bus
from ticktalk.boards.virtual.chips.core import Core
from ticktalk.boards.virtual.chips.errors import ChipError, Reset
from ticktalk.boards.virtual.chips.facts import load_facts
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32.dma import Dma
from ticktalk.boards.virtual.chips.stm32.flash import Flash
from ticktalk.boards.virtual.chips.stm32.gpio import Gpio
from ticktalk.boards.virtual.chips.stm32.rcc import Rcc
from ticktalk.boards.virtual.chips.stm32.syscfg import Syscfg
from ticktalk.boards.virtual.chips.stm32.usart import Usart
from ticktalk.boards.virtual.nor_flash import VirtualFlash

Made = TypeVar("Made", bound=Peripheral)

ROM_SIZE = 0x7000 + 0x1000  # size of the system memory, rounded up to whole pages of the model
WFI = b"\x30\xbf\xfd\xe7"  # followed by a jump back to it
ENTRY = 8  # offset of the code in the model's ROM


class Chip:
    """The chip, from one reset to the next. `send` is called with each byte that the console's UART transmits.

    `crystal` states whether the crystal starts. `rom_entered` is true once the firmware has started the ROM. A subclass
    specifies the vendor's `FACTS` and the classes of the peripherals that differ between families.
    """

    FACTS = ""
    FLASH: Callable[..., Flash]
    RCC: Callable[..., Rcc]
    SYSCFG: Callable[..., Syscfg]
    START_HZ = 0
    rcc: Rcc

    def __init__(
        self, board: Board, flash: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool = True
    ):
        if board.clock is None or board.uart is None:
            raise BoardError(f"{board.file}: no [clock] and [uart], so the chip model has no firmware to run")
        self._board, self._flash_file = board, flash
        self._facts = facts = load_facts(self.FACTS)
        rom = board.rom.address if board.rom else 0x1FFF_0000
        start, end = board.slot_address, board.slot_address + board.slot_size
        others = [(first, last - first) for first, last in ((board.flash.address, start), (end, board.flash.end))]
        others = [(first, size) for first, size in others if size]  # flash that the core does not run from
        memories = [(board.ram.address, board.ram.size, True), (start, end - start, False), (rom, ROM_SIZE, False)]
        memories += [(first, size, True) for first, size in others]
        self._rom = range(rom, rom + ROM_SIZE)
        self.core = Core(memories, self.START_HZ, self._reset_requested)
        self.core.load(board.flash.address, flash.read())
        self.core.load(rom, (board.ram.end).to_bytes(4, "little") + (rom + ENTRY | 1).to_bytes(4, "little") + WFI)
        self._peripherals: dict[str, Peripheral] = {}
        self._make(board, flash, record, send, crystal)
        by_base = {facts.bases[name]: peripheral for name, peripheral in self._peripherals.items()}
        peripherals = bus.Bus(self.rcc, by_base)
        self.core.map(bus.BASE, bus.SIZE, peripherals.read, peripherals.write)
        for first, size in others:
            self._watch_flash(first, size)

    def _add(self, name: str, kind: Callable[..., Made], *arguments: object) -> Made:
        """Create the peripheral `name` from the class `kind`, with its registers, the core and any other arguments."""
        self._peripherals[name] = made = kind(name, self._facts.registers[name], self.core, *arguments)
        return made

    def _make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        facts, core = self._facts, self.core
        assert board.clock and board.uart
        self.flash = flash = self._add("FLASH", self.FLASH, contents, lambda: self.rcc.check_speed())
        crystal_hz = board.clock.crystal_hz if crystal else 0
        self.rcc = self._add("RCC", self.RCC, crystal_hz, lambda: flash.latency, core.set_speed)
        self.rcc.peripherals = self._peripherals
        self._add("SYSCFG", self.SYSCFG)
        for name in facts.bases:
            if name.startswith("GPIO"):
                self._add(name, Gpio)
        self._names = {base: name for name, base in facts.bases.items()}
        console = self._names[board.uart.address]
        self.uart = self._add(
            console,
            self.uart_class(console),
            facts.interrupts[console],
            board.baud,
            lambda: self.rcc.bus_hz(console),
            self._connected(console, board.uart.pins, board.uart.function),
            send,
            contents.faults.strikes,
        )
        self.make_others(board, record, contents.faults.strikes)

    def uart_class(self, name: str) -> Callable[..., Usart]:
        """Return the class of the UART `name`."""
        raise NotImplementedError

    def make_others(self, board: Board, record: SoundRecord, strikes: Callable[[str], bool]) -> None:
        """Create the peripherals that are specific to the family: sound output, DMA and power control."""
        raise NotImplementedError

    def add_sound(self, kind: Callable[..., Peripheral], board: Board, dma: Dma, record: SoundRecord) -> None:
        """Create the board's sound output, if it has one."""
        if board.sound:
            name = self._names[board.sound.address]
            connected = self._connected(name, board.sound.pins, board.sound.function)
            self._add(name, kind, board.sound.address, self.rcc.sound_hz, connected, dma, record)

    def not_as_after_reset(self) -> list[str]:
        """Return the names of registers that differ from their state after a reset. Called when the ROM is started."""
        return [f"RCC {name}" for name in self.rcc.as_after_reset()]

    def start(self) -> None:
        """Start the image in the slot, as MCUboot does."""
        self.core.jump(self._board.code_address)

    def run(self) -> bool:
        """See Core.run. Raises Reset if the firmware resets the chip."""
        idle = self.core.run()
        if self.core.pc in self._rom:
            self._check_rom()
        return idle

    @property
    def rom_entered(self) -> bool:
        """Whether the firmware has started the ROM."""
        return self.core.pc in self._rom

    def _connected(self, name: str, pins: tuple[str, ...], function: int) -> Callable[[], None]:
        def check() -> None:
            for pin in pins:
                self.check_power(pin)
                port = self._peripherals[f"GPIO{pin[1]}"]
                assert isinstance(port, Gpio)
                if (found := port.function(int(pin[2:]))) != function:
                    raise ChipError(f"{name} is used, but pin {pin} has function {found} instead of {function}")

        return check

    def check_power(self, pin: str) -> None:
        """Raise ChipError if the pin has no supply voltage."""

    def _watch_flash(self, address: int, size: int) -> None:
        offset = address - self._board.flash.address
        self.core.watch(address, size, lambda at, count, value: self.flash.program(offset + at, count, value))

    def _reset_requested(self) -> None:
        raise Reset

    def _check_rom(self) -> None:
        """Raise ChipError unless the chip is in the state after a reset, the only state in which AN2606 specifies the
        ROM's behaviour."""
        wrong = self.not_as_after_reset()
        syscfg = self._peripherals["SYSCFG"]
        assert isinstance(syscfg, Syscfg)
        if not syscfg.rom_at_zero:
            wrong.append(f"SYSCFG {syscfg.MAP}")
        if self.core.system.vector_table:
            wrong.append("VTOR")
        if self.core.masked:
            wrong.append("PRIMASK")
        if self.core.nvic.enabled or self.core.nvic.active:
            wrong.append("enabled or active interrupts")
        if wrong:
            raise ChipError(f"the ROM is started, but the chip is not in its state after a reset: {', '.join(wrong)}")
