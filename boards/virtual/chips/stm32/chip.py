"""An STM32 on a board."""

from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.virtual.chips.chip import Chip
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32.dma import Dma
from ticktalk.boards.virtual.chips.stm32.flash import Flash
from ticktalk.boards.virtual.chips.stm32.gpio import Gpio
from ticktalk.boards.virtual.chips.stm32.iwdg import Iwdg
from ticktalk.boards.virtual.chips.stm32.rcc import Rcc
from ticktalk.boards.virtual.chips.stm32.syscfg import Syscfg
from ticktalk.boards.virtual.chips.stm32.tim import OneShot
from ticktalk.boards.virtual.chips.stm32.usart import Usart
from ticktalk.boards.virtual.nor_flash import VirtualFlash

ROM_SIZE = 0x7000 + 0x1000  # size of the system memory, rounded up to whole pages of the model
WFI = b"\x30\xbf\xfd\xe7"  # WFI, followed by a jump back to it
ENTRY = 8  # offset of the code in the model's ROM


class Stm32(Chip):
    """An STM32. See Chip.

    A subclass names the classes of peripherals that differ between families.
    """

    FLASH: Callable[..., Flash]
    RCC: Callable[..., Rcc]
    SYSCFG: Callable[..., Syscfg] | None = None  # None if the ROM cannot be mapped to address 0
    rcc: Rcc

    def other_memories(self, board: Board) -> list[tuple[int, int, bool]]:
        rom = board.rom.address if board.rom else 0x1FFF_0000
        self._rom = range(rom, rom + ROM_SIZE)
        return [(rom, ROM_SIZE, False)]

    def make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        facts, core, rom = self._facts, self.core, self._rom.start
        core.load(rom, (board.ram.end).to_bytes(4, "little") + (rom + ENTRY | 1).to_bytes(4, "little") + WFI)
        assert board.clock and board.uart
        self.flash = flash = self._add("FLASH", self.FLASH, contents, lambda: self.rcc.check_speed())
        crystal_hz = board.clock.crystal_hz if crystal else 0
        self.clocks = self.rcc = self._add("RCC", self.RCC, crystal_hz, lambda: flash.latency, core.set_speed)
        self.rcc.peripherals = self._peripherals
        if self.SYSCFG:
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
        self.watchdog = self._add("IWDG", Iwdg)
        self._add("TIM7", OneShot, facts.interrupts["TIM7"], lambda: self.rcc.timer_hz("TIM7"), True)
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

    def keep(self, ram: bytes, by_watchdog: bool) -> None:
        super().keep(ram, by_watchdog)
        self.rcc.set_field("CSR", self.rcc.WATCHDOG_FLAG if by_watchdog else "SFTRSTF", 1)

    def not_as_after_reset(self) -> list[str]:
        """Return the names of registers that differ from their state after a reset. Called when the ROM is started."""
        return [f"RCC {name}" for name in self.rcc.as_after_reset()]

    def not_mapped(self) -> list[str]:
        """Return the names of registers that do not select the ROM's vector table. Called when the ROM is started."""
        syscfg = self._peripherals["SYSCFG"]
        assert isinstance(syscfg, Syscfg)
        wrong = [] if syscfg.rom_at_zero else [f"SYSCFG {syscfg.MAP}"]
        return wrong + ["VTOR"] * bool(self.core.system.vector_table)

    def run(self) -> bool:
        idle = super().run()
        if self.core.pc in self._rom:
            self._check_rom()
        return idle

    @property
    def rom_entered(self) -> bool:
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

    def _check_rom(self) -> None:
        """Raise ChipError unless the chip is in the state after a reset, the only state in which AN2606 specifies the
        ROM's behaviour."""
        wrong = self.not_as_after_reset() + self.not_mapped()
        if self.core.masked:
            wrong.append("PRIMASK")
        if self.watchdog.runs:
            wrong.append("the watchdog")
        if self.core.nvic.enabled or self.core.nvic.active:
            wrong.append("enabled or active interrupts")
        if wrong:
            raise ChipError(f"the ROM is started, but the chip is not in its state after a reset: {', '.join(wrong)}")
