"""UARTE: 8 data bits, no parity, one stop bit, with EasyDMA in both directions."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.incoming import Incoming
from ticktalk.boards.virtual.chips.nrf.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork

BITS = 10  # bits per byte on the line, including the start and stop bits
TOLERANCE = 0.02  # maximum deviation between the baud rates of the two sides
ENABLED = 8
TO_MEMORY = 62_500  # picoseconds from RXDRDY until EasyDMA has written the byte: one cycle at 16 MHz
PINS = ("PSEL_TXD", "PSEL_RXD", "PSEL_RTS", "PSEL_CTS")


class Uarte(TaskPeripheral):
    """A UARTE on a line with the baud rate `baud`. `send` is called with each byte that the UARTE transmits. `rates`
    maps the documented values of BAUDRATE to baud rates.

    `connected(transmit, receive)` raises ChipError if the pins selected in PSEL are not the board's pins. `memory`
    returns RAM. `strikes(kind)` returns whether a byte arrives too early.
    """

    CLEARS_RESERVED = PINS

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irq: int,
        publish: Callable[[str, str], None],
        baud: int,
        rates: dict[int, int],
        connected: Callable[[tuple[int, ...]], None],
        memory: Callable[[int, int], bytes],
        send: Callable[[int], None],
        strikes: Callable[[str], bool],
    ):
        self._baud, self._rates, self._connected, self._memory, self._send = baud, rates, connected, memory, send
        self.byte_time = BITS * SECOND // baud
        self.lost = 0  # bytes lost to an overrun or because the receiver was off
        self.incoming = Incoming(core, self.byte_time, strikes, self._arrives)
        for register in (*PINS, "BAUDRATE", "CONFIG"):
            setattr(self, f"write_{register.lower()}", self._writer(register))
        super().__init__(name, registers, core, irq, publish)

    def reset(self) -> None:
        super().reset()
        self._sending: bytes | None = None
        self._from = self._sent_at = 0
        self._receives = False
        self._to = self._room = self._amount = 0  # the buffer that is being filled

    def next_change(self) -> int | None:
        return self._sent_at if self._sending is not None else None

    def write_enable(self, value: int) -> None:
        if value not in (0, ENABLED):
            raise self.error(f"ENABLE: {value} is not a valid value")
        self.values["ENABLE"] = value

    def write_shorts(self, value: int) -> None:
        if value & self.registers["SHORTS"].field_mask("ENDRX_STOPRX"):
            raise self.error("SHORTS: ENDRX_STOPRX is not modelled")
        self.values["SHORTS"] = value

    def write_errorsrc(self, value: int) -> None:
        self.values["ERRORSRC"] &= ~value  # writing 1 clears a bit

    def task_startrx(self) -> None:
        self._check()
        if self._receives:
            raise self.error("TASKS_STARTRX: the receiver is already running")
        self._receives = True
        self._begin()

    def task_stoprx(self) -> None:
        self._receives = False

    def read_anomaly_44_rx(self) -> int:
        return self._receives

    def read_anomaly_44_tx(self) -> int:
        return self._sending is not None

    def task_starttx(self) -> None:
        self._check()
        if self._sending is not None:
            raise self.error("TASKS_STARTTX: the transmitter is busy")
        self._from = self.values["TXD_PTR"]
        self._sending = self._memory(self._from, self.values["TXD_MAXCNT"])
        if not self._sending:
            raise self.error("TXD_MAXCNT: 0 bytes")
        self._sent_at = self.core.now() + len(self._sending) * self.byte_time
        self.core.at(self._sent_at, self._sent)
        for byte in self._sending:
            self._send(byte)
        self.event("TXSTARTED")

    def _sent(self, time: int) -> None:
        sent, self._sending = self._sending, None
        assert sent is not None
        if self._memory(self._from, len(sent)) != sent:
            raise self.error("TXD_PTR: the buffer was changed before ENDTX")
        self.values["TXD_AMOUNT"] = len(sent)
        self.event("ENDTX")

    def _check(self) -> None:
        if self.values["ENABLE"] != ENABLED:
            raise self.error("ENABLE: a task is started while the UARTE is off")
        if self.values["CONFIG"]:
            raise self.error("CONFIG: flow control, parity and two stop bits are not modelled")
        self._connected((self.values["PSEL_TXD"], self.values["PSEL_RXD"]))
        rate = self._rates.get(self.values["BAUDRATE"])
        if rate is None or abs(rate / self._baud - 1) > TOLERANCE:
            raise self.error(
                f"BAUDRATE: {self.values['BAUDRATE']:#x} results in {rate} baud, but the line has {self._baud}"
            )

    def _begin(self) -> None:
        """Latch the buffer at RXD.PTR."""
        self._to, self._room, self._amount = self.values["RXD_PTR"], self.values["RXD_MAXCNT"], 0
        if not self._room:
            raise self.error("RXD_MAXCNT: 0 bytes")
        self._memory(self._to, self._room)
        self.event("RXSTARTED")

    def _arrives(self, byte: int, early: bool) -> None:
        if not self._receives:
            self.lost += 1
            return
        if early:
            self.lost += 1
            self.set_field("ERRORSRC", "OVERRUN", 1)
            self.event("ERROR")
            return
        at, self._amount = self._to + self._amount, self._amount + 1
        self.core.at(self.core.now() + TO_MEMORY, lambda time: self.core.load(at, bytes([byte])))
        self.event("RXDRDY")
        if self._amount == self._room:
            self.values["RXD_AMOUNT"] = self._amount
            self.event("ENDRX")
            if self.field("SHORTS", "ENDRX_STARTRX"):
                self._begin()
            else:
                self._receives = False

    def _writer(self, register: str) -> Callable[[int], None]:
        def write(value: int) -> None:
            if self.values["ENABLE"]:
                raise self.error(f"{register}: written while the UARTE is on")
            self.values[register] = value

        return write
