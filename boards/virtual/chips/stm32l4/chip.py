"""An STM32L4R5, or another STM32L4+, on a board."""

from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32.chip import Stm32
from ticktalk.boards.virtual.chips.stm32.sai import Sai
from ticktalk.boards.virtual.chips.stm32.syscfg import Syscfg
from ticktalk.boards.virtual.chips.stm32.usart import Usart
from ticktalk.boards.virtual.chips.stm32l4.dma import DmaL4, Dmamux
from ticktalk.boards.virtual.chips.stm32l4.flash import FlashL4
from ticktalk.boards.virtual.chips.stm32l4.pwr import Pwr
from ticktalk.boards.virtual.chips.stm32l4.rcc import RccL4
from ticktalk.boards.virtual.chips.stm32l4.usart import LpuartL4, UsartL4


class SyscfgL4(Syscfg):
    """See Syscfg."""

    MAP = "MEMRMP"


class SaiL4(Sai):
    """See Sai."""

    NO_MASTER_CLOCK = {"NOMCK": 1}


class ChipL4(Stm32):
    """See Chip."""

    FACTS, START_HZ = "stm32l4r5", RccL4.START_HZ
    FLASH, RCC, SYSCFG = FlashL4, RccL4, SyscfgL4

    def uart_class(self, name: str) -> Callable[..., Usart]:
        return LpuartL4 if name.startswith("LP") else UsartL4

    def make_others(self, board: Board, record: SoundRecord, strikes: Callable[[str], bool]) -> None:
        assert isinstance(self.rcc, RccL4)
        self._power = self.rcc.power = self._add("PWR", Pwr, self.rcc.system_hz)
        irqs = [self._facts.interrupts[f"DMA1_Channel{n}"] for n in range(1, 8)]
        mux = self._add("DMAMUX1", Dmamux)
        dma = self._add("DMA1", DmaL4, irqs, mux.request, record.late, strikes)
        self.add_sound(SaiL4, board, dma, record)

    def not_as_after_reset(self) -> list[str]:
        changed = [f"PWR {name}" for name in ("CR1", "CR2", "CR5") if self._power.changed(name, self._reset(name))]
        return super().not_as_after_reset() + changed

    def check_power(self, pin: str) -> None:
        if pin[1] == "G" and not self._power.port_g:
            raise ChipError(f"pin {pin} is used, but port G has no supply voltage while PWR CR2 IOSV is 0")

    def _reset(self, register: str) -> int:
        return self._power.registers[register].reset
