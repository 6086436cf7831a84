"""UART0, an Arm PrimeCell PL011 (technical reference manual DDI 0183), with 8 data bits and 32-byte FIFOs."""

from collections import deque
from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.incoming import Incoming
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral

BITS = 10  # bits per byte on the line, including the start and stop bits
DEPTH = 32
TIMEOUT_BITS = 32  # bit times without a new byte after which bytes in the receive FIFO cause an interrupt
TOLERANCE = 0.02  # maximum deviation between the baud rates of the two sides
FORMAT = {"WLEN": 3, "FEN": 1, "SPS": 0, "STP2": 0, "PEN": 0, "BRK": 0}
LEVELS = (4, 8, 16, 24, 28)  # by the code in RXIFLSEL


class Uart(Peripheral):
    """The UART on a line with the baud rate `baud`. `clock_hz` returns the frequency of its clock, and `connected`
    raises ChipError if its pins are not connected. `send` is called with each byte that the UART transmits.
    `strikes(kind)` returns whether a byte arrives too early."""

    READ_ONLY = {"UARTFR": ()}

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
        self._irq, self._rate, self._hertz, self._check_pins, self._transmit = irq, baud, clock_hz, connected, send
        self._byte = BITS * SECOND // baud
        self.lost = 0  # received bytes lost to an overrun or because the receiver was off
        self.incoming = Incoming(core, self._byte, strikes, self._arrives)
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._received: deque[int] = deque()
        self._empty_at = 0  # time at which the last byte has been sent
        self._arrivals = 0
        self._raised = 0  # interrupts of the receiver

    def write_uartibrd(self, value: int) -> None:
        self._off("UARTIBRD", value)

    def write_uartfbrd(self, value: int) -> None:
        self._off("UARTFBRD", value)

    def write_uartlcr_h(self, value: int) -> None:
        self._off("UARTLCR_H", value)
        found = {key: self.field("UARTLCR_H", key) for key in FORMAT}
        if found != FORMAT:
            raise self.error(f"UARTLCR_H: {found} is not modelled")

    def write_uartcr(self, value: int) -> None:
        self.values["UARTCR"] = value
        if not self.field("UARTCR", "UARTEN"):
            return
        divider = 64 * self.values["UARTIBRD"] + self.values["UARTFBRD"]
        rate = 4 * self._hertz() / max(1, divider)
        if abs(rate / self._rate - 1) > TOLERANCE:
            raise self.error(f"UARTIBRD: the divider results in {rate:.0f} baud, but the line has {self._rate}")
        if not self.values["UARTLCR_H"]:
            raise self.error("UARTCR: UARTLCR_H, which applies the divider, has not been written")

    def write_uartimsc(self, value: int) -> None:
        self.values["UARTIMSC"] = value
        if value & ~self.registers["UARTIMSC"].field_mask("RXIM", "RTIM"):
            raise self.error(f"UARTIMSC: {value:#x} enables interrupts that are not modelled")
        self._interrupt()

    def write_uarticr(self, value: int) -> None:
        self._raised &= ~value
        self._interrupt()

    def read_uartfr(self) -> int:
        waiting = self._waiting()
        if waiting > DEPTH:  # the core is polling
            self.core.wait_for(self._empty_at - DEPTH * self._byte)
            waiting = self._waiting()
        full = self.registers["UARTFR"].field_mask("TXFF") if waiting > DEPTH else 0
        busy = self.registers["UARTFR"].field_mask("BUSY") if waiting else 0
        empty = self.registers["UARTFR"].field_mask("RXFE") if not self._received else 0
        return full | busy | empty

    def write_uartdr(self, value: int) -> None:
        now = self.core.now()
        self._check("TXE")
        if self._waiting() > DEPTH:
            raise self.error("UARTDR: written while TXFF is 1, so a byte is lost")
        self._empty_at = max(now, self._empty_at) + self._byte
        self._transmit(value & 0xFF)

    def read_uartdr(self) -> int:
        if not self._received:
            raise self.error("UARTDR: read while RXFE is 1")
        byte = self._received.popleft()
        if len(self._received) < self._level():
            self._raised &= ~self._mask("RXIM")
        if not self._received:
            self._raised &= ~self._mask("RTIM")
        self._interrupt()
        return byte

    def _waiting(self) -> int:
        """Return the number of bytes that have not been sent, including the one in the shift register."""
        return -(-max(0, self._empty_at - self.core.now()) // self._byte)

    def _level(self) -> int:
        return LEVELS[self.field("UARTIFLS", "RXIFLSEL")]

    def _mask(self, *names: str) -> int:
        return self.registers["UARTIMSC"].field_mask(*names)

    def _check(self, direction: str) -> None:
        if not (self.field("UARTCR", "UARTEN") and self.field("UARTCR", direction)):
            raise self.error(f"UARTCR: used without UARTEN and {direction}")
        self._check_pins()

    def _off(self, register: str, value: int) -> None:
        if self.field("UARTCR", "UARTEN"):
            raise self.error(f"{register}: written while the UART is on")
        self.values[register] = value

    def _arrives(self, byte: int, early: bool) -> None:
        if not self.field("UARTCR", "UARTEN") or len(self._received) == DEPTH or early:
            self.lost += 1
            return
        self._check("RXE")
        self._received.append(byte)
        if len(self._received) >= self._level():
            self._raised |= self._mask("RXIM")
        self._arrivals += 1
        arrival = self._arrivals
        self.core.at(self.core.now() + TIMEOUT_BITS * self._byte // BITS, lambda time: self._times_out(arrival))
        self._interrupt()

    def _times_out(self, arrival: int) -> None:
        if arrival == self._arrivals and self._received:
            self._raised |= self._mask("RTIM")
            self._interrupt()

    def _interrupt(self) -> None:
        self.core.line(self._irq, bool(self._raised & self.values["UARTIMSC"]))
