"""USART and LPUART of the STM32L4+ (RM0432, chapters 48 and 49), without FIFOs."""

from ticktalk.boards.virtual.chips.stm32.usart import Usart

ORECF = 8
LPUART_STEPS, LPUART_LEAST = 256, 0x300


class UsartL4(Usart):
    """See Usart. State, received data and transmitted data have separate registers, and ICR clears flags."""

    INTERRUPT = "RXNEIE_RXFNEIE"
    UNUSED: tuple[str, ...] = ("OVER8", "M0", "M1", "PCE", "FIFOEN")

    def read_isr(self) -> int:
        return self.state()

    def write_isr(self, value: int) -> None:
        raise self.error("ISR: cannot be written")

    def read_rdr(self) -> int:
        return self.take()

    def write_rdr(self, value: int) -> None:
        raise self.error("RDR: cannot be written")

    def write_tdr(self, value: int) -> None:
        self.put("TDR", value)

    def write_icr(self, value: int) -> None:
        if value & ORECF:
            self.end_overrun()

    def write_brr(self, value: int) -> None:
        if self.field("CR1", "UE") and self.changed("BRR", value):
            raise self.error("BRR: changed while the USART is on")
        super().write_brr(value)


class LpuartL4(UsartL4):
    """The LPUART. The LPUART's baud rate divider has a resolution of 1/256."""

    UNUSED = ("M0", "M1", "PCE", "FIFOEN")

    def rate(self, divider: int) -> float:
        if divider < LPUART_LEAST:
            raise self.error(f"BRR: {divider:#x} is below {LPUART_LEAST:#x}")
        return self._clock_hz() * LPUART_STEPS / divider
