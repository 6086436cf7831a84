"""A USART of an STM32 in asynchronous mode with 8 data bits, no parity and one stop bit.

Families differ in the names of registers, and in how firmware clears an overrun. This module contains the common part.
"""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.incoming import Incoming
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral

BITS = 10  # bits per byte on the line, including the start and stop bits
TOLERANCE = 0.02  # maximum deviation between the baud rates of the two sides
POLLS = 3  # after more consecutive reads of the state, the core counts as polling, and time skips to the next flag


class Usart(Peripheral):
    """A USART on a line with the baud rate `baud`. `send` is called with each byte that the USART transmits. `clock_hz`
    returns the frequency of its clock.

    `connected` raises ChipError if the pins are not connected to the USART. `strikes(kind)` returns whether a byte
    arrives too early. In a subclass, `INTERRUPT` is the field of CR1 that enables the interrupt for received bytes, and
    `UNUSED` lists the fields of CR1 that are not modelled."""

    INTERRUPT = ""
    UNUSED: tuple[str, ...] = ()

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irq: int,
        baud: int,
        clock_hz: Callable[[], int],
        connected: Callable[[], None],
        send: Callable[[int], None],
        strikes: Callable[[str], bool],
    ):
        self._irq, self._baud, self._clock_hz, self._connected, self._send = irq, baud, clock_hz, connected, send
        self.byte_time = BITS * SECOND // baud
        self.lost = 0  # received bytes lost to an overrun or because the receiver was off
        self.incoming = Incoming(core, self.byte_time, strikes, self._arrives)
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._full = self._overrun = False  # a byte has been received, and the next one was lost
        self._held = 0  # the byte in DR
        # time at which DR moves to the shift register, and time at which the shift register is empty
        self._moved = self._sent = 0
        self._polls = 0  # number of reads of the state since the last access to data

    def state(self) -> int:
        """Return the flags, which have the same positions in all families: ORE, RXNE, TC and TXE."""
        now = self.core.now()
        ready, sent = now >= self._moved, now >= self._sent
        self._polls += 1
        if self._polls > POLLS and not (ready and sent):
            self.core.wait_for(self._sent if ready else self._moved)
        return self._overrun << 3 | self._full << 5 | sent << 6 | ready << 7

    def take(self) -> int:
        """Return the received byte to the core."""
        self._polls = 0
        self._full = False
        self._interrupt()
        return self._held

    def end_overrun(self) -> None:
        """Clear ORE."""
        self._overrun = False
        self._interrupt()

    def put(self, register: str, value: int) -> None:
        """Transmit a byte that the core has written to `register`."""
        self._polls = 0
        now = self.core.now()
        if not self._on("TE"):
            raise self.error(f"{register}: written while the transmitter is off")
        if now < self._moved:
            raise self.error(f"{register}: written while TXE is 0, so a byte is lost")
        self._check_line()
        self._moved = max(now, self._sent)
        self._sent = self._moved + self.byte_time
        self._send(value & 0xFF)

    def write_brr(self, value: int) -> None:
        self.values["BRR"] = value
        rate = self.rate(value)
        if abs(rate / self._baud - 1) > TOLERANCE:
            raise self.error(f"BRR: {value} results in {rate:.0f} baud, but the line has {self._baud}")

    def rate(self, divider: int) -> float:
        """Return the baud rate with `divider` in BRR."""
        if divider < 16:
            raise self.error(f"BRR: {divider} is below 16")
        return self._clock_hz() / divider

    def write_cr1(self, value: int) -> None:
        self.values["CR1"] = value
        if any(self.field("CR1", name) for name in self.UNUSED):
            raise self.error(f"CR1: {value:#x} enables features that are not modelled")
        self._interrupt()

    def _on(self, name: str) -> bool:
        return bool(self.field("CR1", "UE") and self.field("CR1", name))

    def _check_line(self) -> None:
        self._connected()
        self.write_brr(self.values["BRR"])

    def _arrives(self, byte: int, early: bool) -> None:
        if not self._on("RE"):
            self.lost += 1
            return
        self._check_line()
        if self._full:
            self._overrun = True
            self.lost += 1
        else:
            self._full = True
            self._held = byte
        self._interrupt()

    def _interrupt(self) -> None:
        self.core.line(self._irq, bool(self.field("CR1", self.INTERRUPT) and (self._full or self._overrun)))
