"""PIO0: state machine 0, which sends 32-bit frames to an amplifier.

When the state machine is started, its program sends a few frames to a model of an amplifier (pio_program.py). If the
amplifier receives these frames, later frames are recorded a whole frame at a time.
"""

from collections import deque
from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral
from ticktalk.boards.virtual.chips.rp2.dma import Dma
from ticktalk.boards.virtual.chips.rp2.pio_program import FRAME_CYCLES, Machine
from ticktalk.boards.virtual.chips.sound_record import SoundRecord
from ticktalk.boards.virtual.chips.sound_stream import STEP, SoundStream

DEPTH = 8  # words in the joined FIFO
MEMORY = 32  # instructions
TRIAL = [0x8001_7FFE, 0x1234_ABCD, 0xFFFF_0000, 0x0000_FFFF]


class Pio(Peripheral):
    """`pins` are the numbers of the pins for bit clock, word select and data. `connected` raises ChipError if the pins
    are not connected. `hertz` returns the frequency of the state machine's clock before its divider."""

    READ_ONLY = {"SM0_EXECCTRL": ("EXEC_STALLED",)}

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        pins: tuple[int, ...],
        connected: Callable[[], None],
        hertz: Callable[[], int],
        dma: Dma,
        record: SoundRecord,
    ):
        self._pins, self._connected, self._hertz, self._dma, self._record = pins, connected, hertz, dma, record
        self._stream = SoundStream(self, record, self._frames, "TXF0")
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._stream.stop()
        self._fifo: deque[bytes] = deque()
        self._outputs: set[int] = set()
        self._machine = Machine([], 0)

    def write_ctrl(self, value: int) -> None:
        was = self.field("CTRL", "SM_ENABLE")
        self.values["CTRL"] = value & self.registers["CTRL"].field_mask("SM_ENABLE")  # others clear themselves
        runs = self.field("CTRL", "SM_ENABLE")
        if runs not in (0, 1):
            raise self.error(f"CTRL: state machines {runs:#x} are not modelled")
        if runs and not was:
            self._start()
        elif was and not runs:
            self._stream.stop()

    def write_sm0_instr(self, value: int) -> None:
        try:
            self._machine.execute(value)
        except ValueError as error:
            raise self.error(f"SM0_INSTR: {error}") from None
        if self._machine.directions == 1 and self.field("SM0_PINCTRL", "SET_COUNT") == 1:
            self._outputs.add(self.field("SM0_PINCTRL", "SET_BASE"))

    def write_sm0_shiftctrl(self, value: int) -> None:
        join = self.registers["SM0_SHIFTCTRL"].field_mask("FJOIN_TX")
        if self.changed("SM0_SHIFTCTRL", value) & join:
            self._fifo.clear()
        self.values["SM0_SHIFTCTRL"] = value

    def write_txf0(self, value: int) -> None:
        raise self.error("TXF0: only the DMA writes to it in this model")

    def _start(self) -> None:
        self._connected()
        clock, select, data = self._pins
        found = [self.field("SM0_PINCTRL", key) for key in ("SIDESET_BASE", "SIDESET_COUNT", "OUT_BASE", "OUT_COUNT")]
        if found != [clock, 2, data, 1] or select != clock + 1 or not self._outputs >= set(self._pins):
            raise self.error(f"SM0_PINCTRL: {found}, with outputs {sorted(self._outputs)}, are not the board's pins")
        shift = self.values["SM0_SHIFTCTRL"]
        if shift != self.registers["SM0_SHIFTCTRL"].field_mask("AUTOPULL", "FJOIN_TX"):
            raise self.error(f"SM0_SHIFTCTRL: {shift:#x} is not modelled")
        self._try_program()
        divider = self.field("SM0_CLKDIV", "INT") + self.field("SM0_CLKDIV", "FRAC") / 256
        if divider < 1:
            raise self.error(f"SM0_CLKDIV: {divider} is not modelled")
        while len(self._fifo) < DEPTH and (word := self._dma.pull(self.core.now())) is not None:
            self._fifo.append(word)
        self._stream.start(self._hertz() / divider / FRAME_CYCLES)

    def _try_program(self) -> None:
        self._machine.program = [self.values[f"INSTR_MEM{n}"] for n in range(MEMORY)]
        self._machine.wrap_top = self.field("SM0_EXECCTRL", "WRAP_TOP")
        if self.field("SM0_EXECCTRL", "WRAP_BOTTOM") or self.field("SM0_EXECCTRL", "SIDE_EN"):
            raise self.error("SM0_EXECCTRL: only a program that starts at 0, with side-set, is modelled")
        try:
            heard = self._machine.heard(TRIAL)
        except ValueError as error:
            raise self.error(f"INSTR_MEM0: {error}") from None
        sent = [half for word in TRIAL for half in (word >> 16, word & 0xFFFF)]
        if heard != sent[: len(heard)] or len(heard) < len(sent) - 1:
            raise self.error(f"INSTR_MEM0: an amplifier receives {heard} instead of {sent}")

    def _frames(self, time: int) -> bytes | None:
        data = b""
        for _ in range(STEP):
            if not self._fifo:
                self._record.late(time)
                break
            data += self._fifo.popleft()
            if (word := self._dma.pull(time)) is not None:
                self._fifo.append(word)
        return data or None
