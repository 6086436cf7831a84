"""A USART in asynchronous mode with 8 data bits, no parity and one stop bit (RM0090, chapter 30)."""

from collections import deque
from collections.abc import Callable

from ticktalk.boards.virtual.chips.core import SECOND
from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

BITS = 10  # duration of a byte on the line
TOLERANCE = 0.02  # maximum deviation of the baud rate, for both sides together
ENABLED = ("UE", "TE", "RE")
UNUSED = ("OVER8", "M", "PCE")
POLLS = 3  # consecutive reads of SR after which the core counts as polling, and time is skipped until a flag changes


class Usart(Peripheral):
    """A USART on a line with `baud`. `send` receives each byte that it has sent. `clock_hz` returns its clock.

    `connected` raises ChipError if the pins are not connected. `strikes(kind)` returns whether a byte arrives too
    early."""

    READ_ONLY = {"SR": ("CTS", "LBD", "TXE", "IDLE", "ORE", "NF", "FE", "PE")}

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
        self._strikes = strikes
        self._irq, self._baud, self._clock_hz, self._connected, self._send = irq, baud, clock_hz, connected, send
        self.byte_time = BITS * SECOND // baud
        self.lost = 0  # received bytes lost to an overrun or because the receiver was off
        # bytes from the host, each with its delay after the previous one
        self._coming: deque[tuple[int, int]] = deque()
        self._last = 0  # arrival time of the last of them
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self.values["SR"] = 0xC0  # the vendor's description has 0x00C00000, where no bits exist
        self._held = 0  # the byte in DR
        # time at which DR moves to the shift register, and time at which that has been sent
        self._moved = self._sent = 0
        self._polls = 0  # number of reads of SR since DR was accessed
        self._read_state = 0  # flags that a read of SR has returned

    @property
    def idle(self) -> bool:
        """Whether no byte is in transit to the chip."""
        return not self._coming

    def receive(self, data: bytes) -> None:
        """Deliver the bytes one at a time."""
        for byte in data:
            spacing = 0 if self._strikes("overrun") else self.byte_time
            if not self._coming:
                self._last = max(self.core.now(), self._last)
                self.core.at(self._last + spacing, self._arrives)
            self._coming.append((spacing, byte))

    def read_sr(self) -> int:
        now = self.core.now()
        flags = self.values["SR"] & ~0xC0
        if now >= self._moved:
            flags |= 0x80
        if now >= self._sent:
            flags |= 0x40
        self._polls += 1
        if self._polls > POLLS and flags & 0xC0 != 0xC0:
            self.core.wait_for(self._sent if flags & 0x80 else self._moved)
        self._read_state = flags
        return flags

    def read_dr(self) -> int:
        self._polls = 0
        self.set_field("SR", "RXNE", 0)
        if self._read_state & 1 << self.registers["SR"].fields["ORE"][0]:
            self.set_field("SR", "ORE", 0)
        self._interrupt()
        return self._held

    def write_dr(self, value: int) -> None:
        self._polls = 0
        now = self.core.now()
        if not self._on("TE"):
            raise self.error("DR: written while the transmitter is off")
        if now < self._moved:
            raise self.error("DR: written while TXE is 0, so a byte is lost")
        self._check_line()
        self._moved = max(now, self._sent)
        self._sent = self._moved + self.byte_time
        self._send(value & 0xFF)

    def write_brr(self, value: int) -> None:
        self.values["BRR"] = value
        if value < 16:
            raise self.error(f"BRR: {value} is below 16")
        rate = self._clock_hz() / value
        if abs(rate / self._baud - 1) > TOLERANCE:
            raise self.error(f"BRR: {value} gives {rate:.0f} baud, but the line has {self._baud}")

    def write_cr1(self, value: int) -> None:
        self.values["CR1"] = value
        if any(self.field("CR1", name) for name in UNUSED):
            raise self.error(f"CR1: {value:#x} sets something that the model does not cover")
        self._interrupt()

    def _on(self, name: str) -> bool:
        return bool(self.field("CR1", "UE") and self.field("CR1", name))

    def _check_line(self) -> None:
        self._connected()
        self.write_brr(self.values["BRR"])

    def _arrives(self, time: int) -> None:
        self._last = time
        _, byte = self._coming.popleft()
        if self._coming:
            self.core.at(time + self._coming[0][0], self._arrives)
        if not self._on("RE"):
            self.lost += 1
            return
        self._check_line()
        if self.field("SR", "RXNE"):
            self.set_field("SR", "ORE", 1)
            self.lost += 1
        else:
            self.set_field("SR", "RXNE", 1)
            self._held = byte
        self._interrupt()

    def _interrupt(self) -> None:
        self.core.line(
            self._irq,
            bool(self.field("CR1", "RXNEIE") and (self.field("SR", "RXNE") or self.field("SR", "ORE"))),
        )
