"""The USART of the STM32F4 (RM0090, chapter 30), with one register for the state and one for data."""

from ticktalk.boards.virtual.chips.stm32.usart import Usart


class UsartF4(Usart):
    """See Usart. Reading the state and then the data clears an overrun."""

    INTERRUPT, UNUSED = "RXNEIE", ("OVER8", "M", "PCE")
    READ_ONLY = {"SR": ("CTS", "LBD", "TXE", "IDLE", "ORE", "NF", "FE", "PE")}

    def reset(self) -> None:
        super().reset()
        self._shown = False  # whether a read of SR has reported an overrun

    def read_sr(self) -> int:
        flags = self.state()
        self._shown = bool(flags & 8)
        return flags

    def read_dr(self) -> int:
        if self._shown:
            self.end_overrun()
        return self.take()

    def write_dr(self, value: int) -> None:
        self.put("DR", value)
