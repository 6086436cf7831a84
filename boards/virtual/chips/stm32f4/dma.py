"""The DMA controller (RM0090, chapter 10), in direct mode, for transfers from memory to a peripheral."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.stm32.dma import Dma

FLAGS = {"FEIF": 0, "DMEIF": 2, "TEIF": 3, "HTIF": 4, "TCIF": 5}  # bits of a stream's flags in LISR and HISR
PLACES = (0, 6, 16, 22)  # positions of the streams' flags in LISR and HISR
CONFIGURED = ("NDTR", "PAR", "FCR")  # registers that are locked while the stream is on
REQUESTS = {"SPI2": (4, 0), "SPI3": (5, 0)}  # stream and channel of DMA1 for transmission


class DmaF4(Dma):
    """See Dma. This controller has streams."""

    READ_ONLY = {"LISR": (), "HISR": ()}

    def _add_writers(self) -> None:
        for n in self._numbers:
            for register in (*CONFIGURED, "CR", "M0AR", "M1AR"):
                setattr(self, f"write_s{n}{register.lower()}", self._writer(n, register))

    def take(self, stream: int, channel: int, address: int, count: int, time: int) -> bytes:
        """Return `count` halfwords for the register at `address`, or fewer if the stream is off, ends or fails."""
        if not self._of(stream, "EN") or self._of(stream, "CHSEL") != channel:
            return b""
        if not self._starts_transfer(stream, f"S{stream}CR", f"S{stream}PAR", address):
            return b""
        data = b""
        while count and self._of(stream, "EN"):
            left = self.values[f"S{stream}NDTR"]
            part = min(count, left)
            start = self.values[f"S{stream}M{self._of(stream, 'CT')}AR"] + 2 * (self._length[stream] - left)
            data += self.core.memory(start, 2 * part)
            count -= part
            self.values[f"S{stream}NDTR"] = left - part
            half = self._length[stream] // 2
            if left > half >= left - part:
                self._raise_flag(stream, "HTIF")
            if left == part:
                self._complete(stream, time)
        return data

    def write_lisr(self, value: int) -> None:
        raise self.error("LISR: cannot be written")

    def write_hisr(self, value: int) -> None:
        raise self.error("HISR: cannot be written")

    def write_lifcr(self, value: int) -> None:
        self._clear("LISR", value, 0)

    def write_hifcr(self, value: int) -> None:
        self._clear("HISR", value, 4)

    def _of(self, stream: int, name: str) -> int:
        return self.field(f"S{stream}CR", name)

    def _flags(self, stream: int) -> tuple[str, int]:
        """Return the register with the stream's flags, and the position of their lowest bit."""
        return "LISR" if stream < 4 else "HISR", PLACES[stream % 4]

    def _raise_flag(self, stream: int, flag: str) -> None:
        register, place = self._flags(stream)
        self.values[register] |= 1 << place + FLAGS[flag]
        self._interrupt(stream)

    def _clear(self, register: str, value: int, first: int) -> None:
        self.values[register] &= ~value
        for stream in range(first, first + 4):
            self._interrupt(stream)

    def _interrupt(self, stream: int) -> None:
        register, place = self._flags(stream)
        flags = self.values[register] >> place
        enabled = {"TCIF": "TCIE", "HTIF": "HTIE", "TEIF": "TEIE", "DMEIF": "DMEIE"}
        level = any(flags >> FLAGS[flag] & 1 and self._of(stream, bit) for flag, bit in enabled.items())
        self._set_line(stream, level)

    def _complete(self, stream: int, time: int) -> None:
        register, place = self._flags(stream)
        if self.values[register] >> place + FLAGS["TCIF"] & 1:
            self._late(time)
        self.values[f"S{stream}NDTR"] = self._length[stream]
        if self._of(stream, "DBM"):
            self.set_field(f"S{stream}CR", "CT", 1 - self._of(stream, "CT"))
        elif not self._of(stream, "CIRC"):
            self.set_field(f"S{stream}CR", "EN", 0)
        self._raise_flag(stream, "TCIF")

    def _writer(self, stream: int, register: str) -> Callable[[int], None]:
        """Return a function that writes a register of a stream."""
        name = f"S{stream}{register}"

        def write(value: int) -> None:
            on = self._of(stream, "EN")
            if register == "CR":
                self._configure(stream, value)
                return
            if on and register in CONFIGURED:
                raise self.error(f"{name}: written while the stream is on")
            if on and register in ("M0AR", "M1AR") and self._of(stream, "CT") == int(register[1]):
                raise self.error(f"{name}: written while the stream is using this address")
            self.values[name] = value
            if register == "NDTR":
                self._length[stream] = value

        return write

    def _configure(self, stream: int, value: int) -> None:
        name = f"S{stream}CR"
        register = self.registers[name]
        enable, current = register.field_mask("EN"), register.field_mask("CT")
        others = self.changed(name, value) & ~(enable | register.field_mask("TCIE", "HTIE", "TEIE", "DMEIE"))
        if self._of(stream, "EN"):
            if others & ~current:
                raise self.error(f"{name}: changed to {value:#x} while the stream is on")
            self.values[name] = value & ~current | self.values[name] & current
        else:
            self.values[name] = value
            if value & enable:
                self._start(stream)
        self._interrupt(stream)

    def _start(self, stream: int) -> None:
        name = f"S{stream}CR"
        register, place = self._flags(stream)
        if self.values[register] >> place & 0x3D:
            raise self.error(f"{name}: switched on before the flags of the last transfer were cleared")
        facts = {key: self._of(stream, key) for key in ("DIR", "PSIZE", "MSIZE", "MINC", "PINC", "MBURST", "PBURST")}
        if facts != {"DIR": 1, "PSIZE": 1, "MSIZE": 1, "MINC": 1, "PINC": 0, "MBURST": 0, "PBURST": 0}:
            raise self.error(f"{name}: {facts} is not modelled")
        if self.field(f"S{stream}FCR", "DMDIS"):
            raise self.error(f"S{stream}FCR: the FIFO is not modelled")
        if not self.values[f"S{stream}NDTR"]:
            raise self.error(f"S{stream}NDTR: 0 when the stream is switched on")
        for memory in ("M0AR", "M1AR") if self._of(stream, "DBM") else ("M0AR",):
            address = self.values[f"S{stream}{memory}"]
            if address % 2:
                raise self.error(f"S{stream}{memory}: {address:#x} is not aligned")
            self.core.memory(address, 2 * self._length[stream])
