"""The DMA controller with its request multiplexer (RM0432, chapters 11 and 12), for transfers from memory to a
peripheral."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral
from ticktalk.boards.virtual.chips.stm32.dma import RoutedDma

# The flags of the first channel. The flags of each further channel are 4 bits higher.
FLAGS = {"GIF": 1, "TCIF": 2, "HTIF": 4, "TEIF": 8}
ENABLES = {"TCIF": "TCIE", "HTIF": "HTIE", "TEIF": "TEIE"}
PLAYS = {"DIR": 1, "CIRC": 1, "PINC": 0, "MINC": 1, "PSIZE": 1, "MSIZE": 1, "MEM2MEM": 0}


class Dmamux(Peripheral):
    """The multiplexer, which determines the request that each channel serves."""

    def request(self, channel: int) -> int:
        """Return the number of the request that a channel of DMA1 serves. Channels are counted from 1."""
        return self.field(f"C{channel - 1}CR", "DMAREQ_ID")


class DmaL4(RoutedDma):
    """See RoutedDma. This controller has channels. `request(channel)` returns the request that a channel serves."""

    FIRST = 1

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irqs: list[int],
        request: Callable[[int], int],
        late: Callable[[int], None],
        strikes: Callable[[str], bool],
    ):
        self._request = request
        super().__init__(name, registers, core, irqs, late, strikes)

    def _add_writers(self) -> None:
        for n in self._numbers:
            for register in ("CCR", "CNDTR", "CPAR", "CMAR"):
                setattr(self, f"write_{register.lower()}{n}", self._writer(n, register))

    def take(self, request: int, address: int, count: int, time: int) -> bytes:
        channels = [n for n in self._numbers if self._request(n) == request and self._of(n, "EN")]
        if not channels:
            return b""
        (channel,) = channels
        if not self._starts_transfer(channel, f"CCR{channel}", f"CPAR{channel}", address):
            return b""
        data = b""
        while count:
            left, half = self.values[f"CNDTR{channel}"], self._length[channel] // 2
            part = min(count, left - half if left > half else left)  # up to the end of the current half of the buffer
            start = self.values[f"CMAR{channel}"] + 2 * (self._length[channel] - left)
            data += self.core.memory(start, 2 * part)
            count -= part
            left -= part
            self.values[f"CNDTR{channel}"] = left or self._length[channel]
            if left in (0, half):
                self._reached(channel, "HTIF" if left else "TCIF", time)
        return data

    def write_isr(self, value: int) -> None:
        raise self.error("ISR: cannot be written")

    def write_ifcr(self, value: int) -> None:
        for channel in self._numbers:
            place = 4 * (channel - 1)
            cleared = 15 if value >> place & 1 else value >> place & 15
            self.values["ISR"] &= ~(cleared << place)
            self._interrupt(channel)

    def _of(self, channel: int, name: str) -> int:
        return self.field(f"CCR{channel}", name)

    def _reached(self, channel: int, flag: str, time: int) -> None:
        if self.values["ISR"] >> 4 * (channel - 1) & FLAGS[flag]:
            self._late(time)
        self._raise_flag(channel, flag)

    def _raise_flag(self, channel: int, flag: str) -> None:
        self.values["ISR"] |= (FLAGS[flag] | FLAGS["GIF"]) << 4 * (channel - 1)
        self._interrupt(channel)

    def _interrupt(self, channel: int) -> None:
        flags = self.values["ISR"] >> 4 * (channel - 1)
        level = any(flags & FLAGS[flag] and self._of(channel, enable) for flag, enable in ENABLES.items())
        self._set_line(channel, level)

    def _writer(self, channel: int, register: str) -> Callable[[int], None]:
        """Return a function that writes a register of a channel."""
        name = f"{register}{channel}"

        def write(value: int) -> None:
            on = self._of(channel, "EN")
            if register == "CCR":
                self._configure(channel, value)
                return
            if on:
                raise self.error(f"{name}: written while the channel is on")
            self.values[name] = value
            if register == "CNDTR":
                self._length[channel] = value

        return write

    def _configure(self, channel: int, value: int) -> None:
        name = f"CCR{channel}"
        register = self.registers[name]
        enable = register.field_mask("EN")
        others = self.changed(name, value) & ~(enable | register.field_mask("TCIE", "HTIE", "TEIE"))
        started = value & enable and not self._of(channel, "EN")
        if self._of(channel, "EN") and others:
            raise self.error(f"{name}: changed to {value:#x} while the channel is on")
        self.values[name] = value
        if started:
            self._start(channel)
        self._interrupt(channel)

    def _start(self, channel: int) -> None:
        name = f"CCR{channel}"
        if self.values["ISR"] >> 4 * (channel - 1) & 15:
            raise self.error(f"{name}: switched on before the flags of the last transfer were cleared")
        facts = {key: self._of(channel, key) for key in PLAYS}
        if facts != PLAYS:
            raise self.error(f"{name}: {facts} is not modelled")
        length, address = self._length[channel], self.values[f"CMAR{channel}"]
        if not length or length % 2:
            raise self.error(f"CNDTR{channel}: {length} when the channel is switched on")
        if address % 2:
            raise self.error(f"CMAR{channel}: {address:#x} is not aligned")
        self.core.memory(address, 2 * length)
