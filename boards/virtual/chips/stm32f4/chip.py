"""An STM32F405, F407, F415 or F417 on a board."""

from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.stm32.chip import Stm32
from ticktalk.boards.virtual.chips.stm32.syscfg import Syscfg
from ticktalk.boards.virtual.chips.stm32.usart import Usart
from ticktalk.boards.virtual.chips.stm32f4.dma import DmaF4
from ticktalk.boards.virtual.chips.stm32f4.flash import FlashF4
from ticktalk.boards.virtual.chips.stm32f4.i2s import I2s
from ticktalk.boards.virtual.chips.stm32f4.rcc import RccF4
from ticktalk.boards.virtual.chips.stm32f4.usart import UsartF4


class ChipF4(Stm32):
    """See Chip."""

    FACTS, START_HZ = "stm32f405", RccF4.START_HZ
    FLASH, RCC, SYSCFG = FlashF4, RccF4, Syscfg

    def uart_class(self, name: str) -> Callable[..., Usart]:
        return UsartF4

    def make_others(self, board: Board, record: SoundRecord, strikes: Callable[[str], bool]) -> None:
        irqs = [self._facts.interrupts[f"DMA1_Stream{n}"] for n in range(8)]
        dma = self._add("DMA1", DmaF4, irqs, record.late, strikes)
        self.add_sound(I2s, board, dma, record)
