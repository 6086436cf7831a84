"""The memory protection unit (MPU) of a Cortex-M core: which accesses of privileged code it denies.

Armv6-M and Armv7-M describe a region by its base and size (PMSAv6 and PMSAv7), Armv8-M by its base and limit (PMSAv8).
facts/mpu.json lists the registers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ticktalk.boards.virtual.chips.facts import load_facts
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

REGIONS = 8
ENABLE, HFNMIENA, PRIVDEFENA = 1, 2, 4  # in CTRL; ENABLE is also the lowest bit of RASR and RLAR
VALID = 16  # in RBAR
PAIR = 12  # offset of RBAR, which is followed by RASR or RLAR and then by the aliases of both
RESERVED = 4  # in RASR's AP
RIGHTS = {0: (False, False), 1: (True, True), 2: (True, True), 3: (True, True)}  # by RASR's AP: may read, may write
READ_ONLY = True, False


@dataclass(frozen=True)
class Area:
    """Addresses from `start` up to but not including `end`, and what privileged code may do there."""

    start: int
    end: int
    readable: bool
    writable: bool


class Mpu(Peripheral):
    """The registers. `changed` is called after each write to one of them. `ALIASES` is the number of aliases."""

    BLOCK = ""
    ALIASES = 3

    def __init__(self, core: Clockwork, changed: Callable[[], None]):
        self._changed = changed
        super().__init__("MPU", load_facts("mpu").registers[self.BLOCK], core)

    def _read_only(self) -> dict[str, tuple[str, ...]]:
        return {"TYPE": tuple(self.registers["TYPE"].fields)}

    def reset(self) -> None:
        super().reset()
        self._number = 0  # the region that is being accessed
        self._regions = [(0, 0)] * REGIONS  # base, and RASR or RLAR

    def read(self, offset: int, size: int) -> int:
        return super().read(self._select(offset), size)

    def write(self, offset: int, size: int, value: int) -> None:
        super().write(self._select(offset), size, value)
        self._changed()

    def write_ctrl(self, value: int) -> None:
        if value & ENABLE and not value & PRIVDEFENA:
            raise self.error("CTRL: denying everything outside the regions is not modelled")
        if value & HFNMIENA and not value & ENABLE:
            raise self.error("CTRL: HFNMIENA requires ENABLE")
        self.values["CTRL"] = value

    def write_rnr(self, value: int) -> None:
        if value >= REGIONS:
            raise self.error(f"RNR: there is no region {value}")
        self.values["RNR"] = self._number = value

    def denied(self, in_hard_fault: bool = False) -> list[Area]:
        """Return the areas that privileged code may not write. Without HFNMIENA, the HardFault handler is denied
        nothing."""
        control = self.values["CTRL"]
        if not control & ENABLE or (in_hard_fault and not control & HFNMIENA):
            return []
        areas = list(self._areas())
        found: list[Area] = []
        for start, end in pairwise(sorted({edge for area in areas for edge in (area.start, area.end)})):
            covering = [area for area in areas if area.start <= start < area.end]
            rights = self._rights(covering) if covering else (True, True)
            if found and found[-1].end == start and (found[-1].readable, found[-1].writable) == rights:
                start = found.pop().start
            found.append(Area(start, end, *rights))
        return [area for area in found if not area.writable]

    def _select(self, offset: int) -> int:
        """Select the region that the register at `offset` describes. Returns the offset of the aliased register."""
        self._number = self.values["RNR"]
        alias, inside = divmod(offset - PAIR, 8)
        if 1 <= alias <= self.ALIASES:
            self._number = self._aliased(alias)
            return PAIR + inside
        return offset

    def _aliased(self, alias: int) -> int:
        """Return the region that an alias describes."""
        raise NotImplementedError

    def _areas(self) -> Iterator[Area]:
        """Yield the enabled regions or parts of them, in the order of their numbers."""
        raise NotImplementedError

    def _rights(self, covering: list[Area]) -> tuple[bool, bool]:
        """Return whether reads and writes are allowed where these areas overlap."""
        raise NotImplementedError


class Mpu7(Mpu):
    """PMSAv7. Where regions overlap, the one with the highest number takes precedence."""

    BLOCK = "PMSAv7"
    SMALLEST = 32

    def read_rbar(self) -> int:
        return self._regions[self._number][0] | self._number

    def write_rbar(self, value: int) -> None:
        if value & VALID:
            self.write_rnr(value & VALID - 1)
        self._set(value & self.registers["RBAR"].field_mask("ADDR"), self._regions[self._number][1])

    def read_rasr(self) -> int:
        return self._regions[self._number][1]

    def write_rasr(self, value: int) -> None:
        self._set(self._regions[self._number][0], value)

    def _set(self, base: int, attributes: int) -> None:
        size = _size(attributes)
        if attributes & ENABLE:
            if size < self.SMALLEST:
                raise self.error(f"RASR: a region of {size} bytes, but the smallest has {self.SMALLEST}")
            if base % size:
                raise self.error(f"RBAR: {base:#010x} is not a multiple of the region's size, {size:#x}")
            if attributes >> 24 & 7 == RESERVED:
                raise self.error(f"RASR: {RESERVED} is a reserved value of AP")
            if attributes >> 8 & 0xFF and size < 256:
                raise self.error(f"RASR: a region of {size} bytes has no subregions")
        self._regions[self._number] = base, attributes

    def _aliased(self, alias: int) -> int:
        return self._number

    def _areas(self) -> Iterator[Area]:
        for base, attributes in self._regions:
            part = _size(attributes) // 8
            for number in range(8):
                if attributes & ENABLE and not attributes >> 8 + number & 1:
                    start = base + number * part
                    yield Area(start, start + part, *RIGHTS.get(attributes >> 24 & 7, READ_ONLY))

    def _rights(self, covering: list[Area]) -> tuple[bool, bool]:
        return covering[-1].readable, covering[-1].writable


class Mpu6(Mpu7):
    """PMSAv6: larger regions, no aliases."""

    BLOCK = "PMSAv6"
    SMALLEST = 256
    ALIASES = 0


class Mpu8(Mpu):
    """PMSAv8. Where regions overlap, every access is denied."""

    BLOCK = "PMSAv8"

    def read_rbar(self) -> int:
        return self._regions[self._number][0]

    def write_rbar(self, value: int) -> None:
        self._regions[self._number] = value, self._regions[self._number][1]

    def read_rlar(self) -> int:
        return self._regions[self._number][1]

    def write_rlar(self, value: int) -> None:
        self._regions[self._number] = self._regions[self._number][0], value

    def _aliased(self, alias: int) -> int:
        return self._number & ~3 | alias

    def _areas(self) -> Iterator[Area]:
        for base, limit in self._regions:
            if limit & ENABLE:
                yield Area(base & ~31, (limit | 31) + 1, True, not base & 4)

    def _rights(self, covering: list[Area]) -> tuple[bool, bool]:
        return (True, covering[0].writable) if len(covering) == 1 else (False, False)


def _size(attributes: int) -> int:
    return 2 << (attributes >> 1 & 31)
