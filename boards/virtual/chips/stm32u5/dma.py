"""The DMA controller GPDMA with linked lists (RM0456, chapter 17), for transfers from memory to a peripheral."""

import struct
from functools import partial

from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.stm32.dma import RoutedDma

FLAGS = ("TCF", "HTF", "DTEF", "ULEF", "USEF", "SUSPF", "TOF")
PLAYS = {
    "TR1": {"SDW_LOG2": 1, "SINC": 1, "SBL_1": 0, "PAM": 0, "SBX": 0, "DDW_LOG2": 1, "DINC": 0, "DBL_1": 0, "DHX": 0},
    "TR2": {"SWREQ": 0, "DREQ": 1, "BREQ": 0, "TRIGPOL": 0},
    "BR1": {"BRC": 0},
    "CR": {"LSM": 0},
}
# In the order in which an item stores the registers.
LINKS = {"UT1": "TR1", "UT2": "TR2", "UB1": "BR1", "USA": "SAR", "UDA": "DAR", "ULL": "LLR"}
CHANNEL_EVENT = 3  # in TCEM: only the last item raises TCF


class DmaU5(RoutedDma):
    """See RoutedDma. This controller has channels."""

    def _add_writers(self) -> None:
        for n in self._numbers:
            for register in ("LBAR", "TR1", "TR2", "BR1", "SAR", "DAR", "LLR"):
                setattr(self, f"write_c{n}{register.lower()}", partial(self._write_setting, n, register))
            setattr(self, f"write_c{n}cr", partial(self._control, n))
            setattr(self, f"write_c{n}fcr", partial(self._clear, n))
            setattr(self, f"write_c{n}sr", partial(self._write_state, n))
            setattr(self, f"read_c{n}sr", partial(self._state, n))

    def take(self, request: int, address: int, count: int, time: int) -> bytes:
        channels = [n for n in self._numbers if self._active(n) and self._of(n, "TR2", "REQSEL") == request]
        if not channels:
            return b""
        (channel,) = channels
        if not self._starts_transfer(channel, f"C{channel}CR", f"C{channel}DAR", address):
            return b""
        data, wanted = b"", 2 * count
        while wanted and self._active(channel):
            left = self._of(channel, "BR1", "BNDT")
            part = min(wanted, left)
            data += self.core.memory(self.values[f"C{channel}SAR"], part)
            self.values[f"C{channel}SAR"] += part
            self.set_field(f"C{channel}BR1", "BNDT", left - part)
            wanted -= part
            if part == left:
                self._end_item(channel, time)
        return data

    def _of(self, channel: int, register: str, name: str) -> int:
        return self.field(f"C{channel}{register}", name)

    def _active(self, channel: int) -> bool:
        """Whether a channel is on and not suspended."""
        return bool(self._of(channel, "CR", "EN") and not self._of(channel, "CR", "SUSP"))

    def _end_item(self, channel: int, time: int) -> None:
        linked = self.values[f"C{channel}LLR"]
        if linked:
            self._link(channel, linked)
        else:
            self.set_field(f"C{channel}CR", "EN", 0)
        if not linked or self._of(channel, "TR2", "TCEM") != CHANNEL_EVENT:
            if self._of(channel, "SR", "TCF"):
                self._late(time)
            self._raise_flag(channel, "TCF")

    def _link(self, channel: int, linked: int) -> None:
        """Load the registers that an item in memory updates. An item that the DMA cannot read raises ULEF."""
        fields = self.registers[f"C{channel}LLR"].fields
        updated = [register for flag, register in LINKS.items() if linked >> fields[flag][0] & 1]
        at = self.values[f"C{channel}LBAR"] | linked & self.registers[f"C{channel}LLR"].field_mask("LA")
        try:
            words = struct.unpack(f"<{len(updated)}I", self.core.memory(at, 4 * len(updated)))
        except ChipError:
            self.set_field(f"C{channel}CR", "EN", 0)
            self._raise_flag(channel, "ULEF")
            return
        for register, word in zip(updated, words):
            name = f"C{channel}{register}"
            if word & ~self.registers[name].mask:
                raise self.error(f"{name}: {word:#x} in the linked item at {at:#x} sets reserved bits")
            self.values[name] = word
        if "LLR" not in updated:
            self.values[f"C{channel}LLR"] = 0
        self._check_settings(channel)

    def _raise_flag(self, number: int, flag: str) -> None:
        self.set_field(f"C{number}SR", "DTEF" if flag == "TEIF" else flag, 1)
        self._interrupt(number)

    def _interrupt(self, channel: int) -> None:
        enabled = [flag for flag in FLAGS if self._of(channel, "CR", f"{flag[:-1]}IE")]
        self._set_line(channel, any(self._of(channel, "SR", flag) for flag in enabled))

    def _state(self, channel: int) -> int:
        self.set_field(f"C{channel}SR", "IDLEF", not self._active(channel))
        return self.values[f"C{channel}SR"]

    def _write_state(self, channel: int, value: int) -> None:
        raise self.error(f"C{channel}SR: cannot be written")

    def _clear(self, channel: int, value: int) -> None:
        self.values[f"C{channel}SR"] &= ~value  # the flags have the same positions in both registers
        self._interrupt(channel)

    def _write_setting(self, channel: int, register: str, value: int) -> None:
        if self._of(channel, "CR", "EN"):
            raise self.error(f"C{channel}{register}: written while the channel is on")
        self.values[f"C{channel}{register}"] = value

    def _control(self, channel: int, value: int) -> None:
        """Write the control register. EN is set by software and cleared by the end of the transfer or by RESET."""
        name = f"C{channel}CR"
        register = self.registers[name]
        on = self._of(channel, "CR", "EN")
        if value & register.field_mask("RESET"):
            if self._active(channel):
                raise self.error(f"{name}: RESET while the channel is neither suspended nor idle")
            self.values[name] = value & ~register.field_mask("RESET", "EN", "SUSP")
            self.set_field(f"C{channel}SR", "SUSPF", 0)
        else:
            if on and self.changed(name, value) & register.field_mask("LSM", "LAP", "PRIO"):
                raise self.error(f"{name}: changed to {value:#x} while the channel is on")
            self.values[name] = value | on
            if on and self._of(channel, "CR", "SUSP"):
                self.set_field(f"C{channel}SR", "SUSPF", 1)
            if value & 1 and not on:
                self._start(channel)
        self._interrupt(channel)

    def _start(self, channel: int) -> None:
        if any(self._of(channel, "SR", flag) for flag in FLAGS):
            raise self.error(f"C{channel}CR: switched on before the flags of the last transfer were cleared")
        self._check_settings(channel)

    def _check_settings(self, channel: int) -> None:
        for register, wanted in PLAYS.items():
            found = {key: self._of(channel, register, key) for key in wanted}
            if found != wanted:
                raise self.error(f"C{channel}{register}: {found} is not modelled")
        length, address = self._of(channel, "BR1", "BNDT"), self.values[f"C{channel}SAR"]
        if not length or length % 2:
            raise self.error(f"C{channel}BR1: the block has {length} bytes")
        if address % 2:
            raise self.error(f"C{channel}SAR: {address:#x} is not aligned")
        self.core.memory(address, length)
