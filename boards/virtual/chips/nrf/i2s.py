"""I2S as a master: 16-bit stereo in the original format, read from RAM by EasyDMA."""

from collections.abc import Callable
from functools import partial

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.nrf.tasks import TaskPeripheral
from ticktalk.boards.virtual.chips.peripheral import Clockwork
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.sound_stream import STEP, SoundStream

RATIOS = (32, 48, 64, 96, 128, 192, 256, 384, 512)
FORMAT = {"MODE": 0, "RXEN": 0, "TXEN": 1, "MCKEN": 1, "SWIDTH": 1, "ALIGN": 0, "FORMAT": 0, "CHANNELS": 0}
FRAME_BITS, FRAME_BYTES = 32, 4
RELEASING = ("ANOMALY_194A", "ANOMALY_194B")  # registers that switch the nRF52840's I2S off after STOP
PINS = ("PSEL_MCK", "PSEL_SCK", "PSEL_LRCK", "PSEL_SDIN", "PSEL_SDOUT")


class I2s(TaskPeripheral):
    """`connected(pins)` raises ChipError if the pins selected in PSEL are not the board's pins, or are not outputs.

    `master(i2s)` returns the frequency of the master clock in hertz. `memory` returns RAM. `strikes(kind)` returns
    whether the output stops, which no event or register reports.
    """

    CLEARS_RESERVED = PINS

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irq: int,
        master: Callable[["I2s"], float],
        connected: Callable[[tuple[int, ...]], None],
        memory: Callable[[int, int], bytes],
        record: SoundRecord,
        strikes: Callable[[str], bool],
    ):
        self._master, self._connected, self._memory, self._late = master, connected, memory, record.late
        self._strikes = strikes
        self._stream = SoundStream(self, record, self._frames, "TXD_PTR")
        for register in registers:
            if register.startswith("CONFIG_") or register in PINS:
                setattr(self, f"write_{register.lower()}", self._writer(register))
            if register in RELEASING:
                setattr(self, f"write_{register.lower()}", partial(self._release, register))
        super().__init__(name, registers, core, irq)

    def reset(self) -> None:
        super().reset()
        self._stream.stop()
        self._place = self._left = 0  # address of the next frame, and number of frames until the end of the buffer
        self._runs = False
        self._stopped_at: int | None = None
        self._held: set[str] = set()  # registers still to be written before the I2S stops drawing current

    def next_change(self) -> int | None:
        return self._stopped_at

    @property
    def rate(self) -> float:
        """Frames per second."""
        ratio = self.values["CONFIG_RATIO"]
        if ratio >= len(RATIOS) or RATIOS[ratio] % FRAME_BITS:
            raise self.error(f"CONFIG_RATIO: {ratio} is not a multiple of the number of bits per frame")
        return self._master(self) / RATIOS[ratio]

    def write_enable(self, value: int) -> None:
        if not value and self._runs:
            raise self.error("ENABLE: switched off before STOPPED")
        if not value and self._held:
            raise self.error("ENABLE: the I2S keeps drawing current (anomaly 194)")
        self.values["ENABLE"] = value

    def write_rxtxd_maxcnt(self, value: int) -> None:
        if self._runs:
            raise self.error("RXTXD_MAXCNT: written while I2S runs")
        self.values["RXTXD_MAXCNT"] = value

    def task_start(self) -> None:
        if not self.values["ENABLE"] or self._runs:
            raise self.error("TASKS_START: I2S is off or already running")
        if self.happened("TXPTRUPD"):
            raise self.error("TASKS_START: TXPTRUPD, which STOP may generate (anomaly 55), has not been cleared")
        found = {key: self.values[f"CONFIG_{key}"] for key in FORMAT}
        if found != FORMAT:
            raise self.error(f"CONFIG: {found} is not modelled")
        self._connected(tuple(self.values[f"PSEL_{pin}"] for pin in ("SCK", "LRCK", "SDOUT")))
        self._runs, self._stopped_at = True, None
        self._held = {register for register in RELEASING if register in self.registers}
        self._stream.start(self.rate)
        self._latch()

    def task_stop(self) -> None:
        if self._runs and self._stopped_at is None:
            self._stream.stop()
            self._stopped_at = self.core.now() + round(10**12 / self.rate)  # time of the end of the frame
            self.core.at(self._stopped_at, self._stopped)

    def _stopped(self, time: int) -> None:
        self._runs, self._stopped_at = False, None
        if self.read_inten() & self.registers["INTEN"].field_mask("TXPTRUPD"):
            raise self.error("INTEN: TXPTRUPD, which STOP may generate (anomaly 55), is enabled")
        self.event("TXPTRUPD")
        self.event("STOPPED")

    def _release(self, register: str, value: int) -> None:
        if value and (not self._runs or self._stopped_at is not None):
            self._held.discard(register)

    def _latch(self) -> None:
        """Start playing the buffer at TXD.PTR."""
        self._place, self._left = self.values["TXD_PTR"], self.values["RXTXD_MAXCNT"]
        if not self._left or self._place % FRAME_BYTES:
            raise self.error(f"TXD_PTR: {self._left} frames at {self._place:#x} cannot be played")
        self._memory(self._place, FRAME_BYTES * self._left)
        self.event("TXPTRUPD")

    def _frames(self, time: int) -> bytes | None:
        if self._strikes("dma-error"):
            self._stream.stop()
            return None
        data = b""
        wanted = STEP
        while wanted:
            part = min(wanted, self._left)
            data += self._memory(self._place, FRAME_BYTES * part)
            self._place, self._left, wanted = self._place + FRAME_BYTES * part, self._left - part, wanted - part
            if not self._left:
                if self.happened("TXPTRUPD"):
                    self._late(time)
                self._latch()
        return data

    def _writer(self, register: str) -> Callable[[int], None]:
        def write(value: int) -> None:
            if self.values["ENABLE"]:
                raise self.error(f"{register}: written while I2S is on")
            self.values[register] = value

        return write
