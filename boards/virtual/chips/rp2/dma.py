"""DMA: two channels that feed a FIFO and start each other. Other channels and modes are not modelled."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

CHANNELS = 2
SETTINGS = {
    "DATA_SIZE": 2,  # words
    "INCR_READ": 1,
    "INCR_WRITE": 0,
    "TREQ_SEL": 0,  # the transmit FIFO of state machine 0 of PIO0
    "RING_SIZE": 0,
    "BSWAP": 0,
    "INCR_READ_REV": 0,
    "IRQ_QUIET": 0,
}


class Dma(Peripheral):
    """`late(time)` is called if a channel starts again before the firmware has acknowledged that the channel had
    finished. `target` is the address of the FIFO. `strikes(kind)` returns whether a transfer fails, which stops the
    channel without an interrupt."""

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irq: int,
        target: int,
        late: Callable[[int], None],
        strikes: Callable[[str], bool],
    ):
        self._irq, self._target, self._late, self._strikes = irq, target, late, strikes
        super().__init__(name, registers, core)
        for channel in range(CHANNELS):
            for register, starts in (("CTRL_TRIG", True), ("AL1_CTRL", False)):
                setattr(self, f"write_ch{channel}_{register.lower()}", self._writer(channel, starts))

    def reset(self) -> None:
        super().reset()
        self._left = [0] * CHANNELS  # transfers of each channel; 0 if it is idle
        self._finished = 0

    def pull(self, time: int) -> bytes | None:
        """Return the word that a channel writes to the FIFO, or None if no channel is running."""
        for channel in range(CHANNELS):
            if self._left[channel]:
                if self._strikes("dma-error"):
                    self._left[channel] = 0
                    self.set_field(f"CH{channel}_CTRL_TRIG", "READ_ERROR", 1)
                    return None
                address = self.values[f"CH{channel}_READ_ADDR"]
                word = self.core.memory(address, 4)
                self.values[f"CH{channel}_READ_ADDR"] = address + 4
                self._left[channel] -= 1
                if not self._left[channel]:
                    self._finish(channel, time)
                return word
        return None

    def read_ints0(self) -> int:
        return self._finished & self.values["INTE0"]

    def write_ints0(self, value: int) -> None:
        self._finished &= ~value
        self._interrupt()

    def write_inte0(self, value: int) -> None:
        self.values["INTE0"] = value
        self._interrupt()

    def write_chan_abort(self, value: int) -> None:
        for channel in range(CHANNELS):
            if value >> channel & 1:
                if self.field(f"CH{channel}_CTRL_TRIG", "EN"):
                    raise self.error("CHAN_ABORT: the channel is enabled, so it may be started again (erratum E5)")
                self._left[channel] = 0

    def _writer(self, channel: int, starts: bool) -> Callable[[int], None]:
        def write(value: int) -> None:
            control = f"CH{channel}_CTRL_TRIG"
            errors = self.registers[control].field_mask("READ_ERROR", "WRITE_ERROR")  # writing 1 clears them
            self.values[control] = value & ~errors | self.values[control] & errors & ~value
            if starts:
                self._start(channel, self.core.now())

        return write

    def _start(self, channel: int, time: int) -> None:
        control = f"CH{channel}_CTRL_TRIG"
        if not self.field(control, "EN"):
            return
        fields, amount = self.registers[control].fields, f"CH{channel}_TRANS_COUNT"
        found = {key: self.field(control, key) for key in SETTINGS if key in fields}
        has_mode = "MODE" in self.registers[amount].fields  # only on the RP2350
        mode = self.field(amount, "MODE") if has_mode else 0
        count = self.field(amount, "COUNT" if has_mode else amount)
        if (
            found != {key: SETTINGS[key] for key in found}
            or mode
            or not count
            or self.field(control, "CHAIN_TO") >= CHANNELS
        ):
            raise self.error(f"{control}: {found}, {count} transfers in mode {mode} are not modelled")
        if self.values[f"CH{channel}_WRITE_ADDR"] != self._target:
            raise self.error(f"CH{channel}_WRITE_ADDR: is not the FIFO at {self._target:#x}")
        if self._left[channel] or self.field(control, "READ_ERROR"):
            raise self.error(f"{control}: the channel is already running, or READ_ERROR is set")
        if self._finished >> channel & 1:
            self._late(time)
        self._left[channel] = count

    def _finish(self, channel: int, time: int) -> None:
        self._finished |= 1 << channel
        self._interrupt()
        chained = self.field(f"CH{channel}_CTRL_TRIG", "CHAIN_TO")
        if chained != channel:
            self._start(chained, time)

    def _interrupt(self) -> None:
        self.core.line(self._irq, bool(self._finished & self.values["INTE0"]))
