"""An STM32F405 on a board: memories, peripherals and their connections."""

from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.errors import BoardError
from ticktalk.boards.virtual.chips import bus
from ticktalk.boards.virtual.chips.core import Core
from ticktalk.boards.virtual.chips.errors import ChipError, Reset
from ticktalk.boards.virtual.chips.facts import load_facts
from ticktalk.boards.virtual.chips.peripheral import Peripheral
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32f4.dma import Dma
from ticktalk.boards.virtual.chips.stm32f4.flash import Flash
from ticktalk.boards.virtual.chips.stm32f4.gpio import Gpio
from ticktalk.boards.virtual.chips.stm32f4.i2s import I2s
from ticktalk.boards.virtual.chips.stm32f4.rcc import HSI, Rcc
from ticktalk.boards.virtual.chips.stm32f4.syscfg import Syscfg
from ticktalk.boards.virtual.chips.stm32f4.usart import Usart
from ticktalk.boards.virtual.nor_flash import VirtualFlash

ROM_SIZE = 0x7000 + 0x1000  # size of the system memory, in whole pages of the model
WFI = b"\x30\xbf\xfd\xe7"  # and a jump back to it
ENTRY = 8  # offset of the code in the model's ROM


class Chip:
    """The chip from one reset to the next. `send` receives each byte from the console's UART.

    `crystal` states whether the crystal starts. `rom_entered` is true once the firmware has started the ROM.
    """

    def __init__(
        self, board: Board, flash: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool = True
    ):
        if board.clock is None or board.uart is None:
            raise BoardError(f"{board.file}: no [clock] and [uart], so the chip model has no firmware to run")
        self._board, self._flash_file = board, flash
        self._facts = facts = load_facts("stm32f405")
        rom = board.rom.address if board.rom else 0x1FFF_0000
        start, end = board.slot_address, board.slot_address + board.slot_size
        others = [(first, last - first) for first, last in ((board.flash.address, start), (end, board.flash.end))]
        others = [(first, size) for first, size in others if size]  # flash that the core does not run from
        memories = [(board.ram.address, board.ram.size, True), (start, end - start, False), (rom, ROM_SIZE, False)]
        memories += [(first, size, True) for first, size in others]
        self._rom = range(rom, rom + ROM_SIZE)
        self.core = Core(memories, HSI, self._reset_requested)
        self.core.load(board.flash.address, flash.read())
        self.core.load(rom, (board.ram.end).to_bytes(4, "little") + (rom + ENTRY | 1).to_bytes(4, "little") + WFI)
        self._peripherals: dict[str, Peripheral] = {}
        self._make(board, flash, record, send, crystal)
        by_base = {facts.bases[name]: peripheral for name, peripheral in self._peripherals.items()}
        peripherals = bus.Bus(self.rcc, by_base)
        self.core.map(bus.BASE, bus.SIZE, peripherals.read, peripherals.write)
        for first, size in others:
            self._watch_flash(first, size)

    def _make(
        self, board: Board, contents: VirtualFlash, record: SoundRecord, send: Callable[[int], None], crystal: bool
    ) -> None:
        facts, core = self._facts, self.core
        registers, made = facts.registers, self._peripherals
        assert board.clock and board.uart
        self.flash = flash = Flash("FLASH", registers["FLASH"], core, contents, lambda: self.rcc.check_speed())
        crystal_hz = board.clock.crystal_hz if crystal else 0
        self.rcc = Rcc("RCC", registers["RCC"], core, crystal_hz, lambda: flash.latency, core.set_speed)
        self.rcc.peripherals = made
        names = {base: name for name, base in facts.bases.items()}
        made |= {"FLASH": flash, "RCC": self.rcc, "SYSCFG": Syscfg("SYSCFG", registers["SYSCFG"], core)}
        for name in facts.bases:
            if name.startswith("GPIO"):
                made[name] = Gpio(name, registers[name], core)
        console = names[board.uart.address]
        self.uart = made[console] = Usart(
            console,
            registers[console],
            core,
            facts.interrupts[console],
            board.baud,
            lambda: self.rcc.bus_hz(console),
            self._connected(console, board.uart.pins, board.uart.function),
            send,
            contents.faults.strikes,
        )
        irqs = [facts.interrupts[f"DMA1_Stream{n}"] for n in range(8)]
        dma = made["DMA1"] = Dma("DMA1", registers["DMA1"], core, irqs, record.late, contents.faults.strikes)
        if board.sound:
            name = names[board.sound.address]
            made[name] = I2s(
                name,
                registers[name],
                core,
                board.sound.address,
                self.rcc.i2s_hz,
                self._connected(name, board.sound.pins, board.sound.function),
                dma,
                record,
            )

    def start(self) -> None:
        """Start the image in the slot as MCUboot does."""
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
                port = self._peripherals[f"GPIO{pin[1]}"]
                assert isinstance(port, Gpio)
                if (found := port.function(int(pin[2:]))) != function:
                    raise ChipError(f"{name} is used, but pin {pin} has function {found} instead of {function}")

        return check

    def _watch_flash(self, address: int, size: int) -> None:
        offset = address - self._board.flash.address
        self.core.watch(address, size, lambda at, count, value: self.flash.program(offset + at, count, value))

    def _reset_requested(self) -> None:
        raise Reset

    def _check_rom(self) -> None:
        """Raise ChipError unless the chip is in the state after a reset, the only one for which AN2606 describes the
        ROM."""
        wrong = [f"RCC {name}" for name in self.rcc.as_after_reset()]
        syscfg = self._peripherals["SYSCFG"]
        assert isinstance(syscfg, Syscfg)
        if not syscfg.rom_at_zero:
            wrong.append("SYSCFG MEMRM")
        if self.core.system.vector_table:
            wrong.append("VTOR")
        if self.core.masked:
            wrong.append("PRIMASK")
        if self.core.nvic.enabled or self.core.nvic.active:
            wrong.append("an interrupt that is enabled or active")
        if wrong:
            raise ChipError(f"the ROM is started, but not as after a reset: {', '.join(wrong)}")
