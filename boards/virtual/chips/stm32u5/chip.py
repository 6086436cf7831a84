"""An STM32U5A9, or another STM32U59x or U5Ax, on a board, without TrustZone."""

from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32.chip import Stm32
from ticktalk.boards.virtual.chips.stm32.sai import Sai
from ticktalk.boards.virtual.chips.stm32.tim import OneShot
from ticktalk.boards.virtual.chips.stm32.usart import Usart
from ticktalk.boards.virtual.chips.stm32u5.dma import DmaU5
from ticktalk.boards.virtual.chips.stm32u5.flash import FlashU5
from ticktalk.boards.virtual.chips.stm32u5.icache import Icache
from ticktalk.boards.virtual.chips.stm32u5.pwr import Pwr
from ticktalk.boards.virtual.chips.stm32u5.rcc import RccU5
from ticktalk.boards.virtual.chips.stm32u5.usart import UsartU5

RESTORED = {"PWR": ("CR3", "VOSR", "SVMCR"), "ICACHE": ("CR",), "FLASH": ("ACR",)}  # registers when the ROM starts


class SaiU5(Sai):
    """See Sai."""

    NO_MASTER_CLOCK = {"NODIV": 1, "MCKEN": 0}


class ChipU5(Stm32):
    """See Chip."""

    FACTS, START_HZ = "stm32u5a9", RccU5.START_HZ
    FLASH, RCC = FlashU5, RccU5

    def uart_class(self, name: str) -> Callable[..., Usart]:
        return UsartU5

    def make_others(self, board: Board, record: SoundRecord, strikes: Callable[[str], bool]) -> None:
        assert isinstance(self.rcc, RccU5) and isinstance(self.flash, FlashU5)
        self._power = self.rcc.power = self._add("PWR", Pwr, self.rcc.system_hz, self.rcc.booster_hz)
        self._add("ICACHE", Icache, self.flash.cache_emptied)
        irqs = [self._facts.interrupts[f"GPDMA1_Channel{n}"] for n in range(8)]
        dma = self._add("GPDMA1", DmaU5, irqs, record.late, strikes)
        self._add("TIM6", OneShot, self._facts.interrupts["TIM6"], lambda: self.rcc.timer_hz("TIM6"))
        self.add_sound(SaiU5, board, dma, record)

    def not_as_after_reset(self) -> list[str]:
        changed = [
            f"{name} {register}"
            for name, registers in RESTORED.items()
            for register in registers
            if self._peripherals[name].changed(register, self._facts.registers[name][register].reset)
        ]
        return super().not_as_after_reset() + changed

    def not_mapped(self) -> list[str]:
        return ["VTOR"] if self.core.system.vector_table != self._rom.start else []

    def check_power(self, pin: str) -> None:
        if pin[1] == "G" and not self._power.port_g:
            raise ChipError(f"pin {pin} is used, but port G has no supply voltage while PWR SVMCR IO2SV is 0")
