"""The address space of the peripherals, with a check that their clocks are running."""

from typing import Protocol

from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.peripheral import Peripheral

BASE = 0x4000_0000
SIZE = 0x2000_0000
BLOCK = 0x400  # minimum bytes of address space for each peripheral


class Clocks(Protocol):
    """The peripheral that provides the clocks of all other peripherals."""

    def check_clock(self, name: str) -> None:
        """Raise ChipError if the clock of the peripheral `name` is off or has only just started."""


class Bus:
    """The peripherals of a chip with their base addresses. Two peripherals may share a block, but not a register."""

    def __init__(self, clocks: Clocks, peripherals: list[tuple[int, Peripheral]]):
        self._clocks = clocks
        self._blocks = {base // BLOCK: (base, each) for base, each in peripherals}
        self._registers = {
            base + register.offset: (base, each) for base, each in peripherals for register in each.registers.values()
        }

    def read(self, offset: int, size: int) -> int:
        """Return the register at BASE + offset."""
        inside, peripheral = self._find(BASE + offset, "read of")
        return peripheral.read(inside, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write the register at BASE + offset."""
        inside, peripheral = self._find(BASE + offset, "write to")
        peripheral.write(inside, size, value)

    def _find(self, address: int, what: str) -> tuple[int, Peripheral]:
        found = self._registers.get(address) or self._blocks.get(address // BLOCK)
        if found is None:
            raise ChipError(f"{what} {address:#010x}: the model has no peripheral there")
        base, peripheral = found
        self._clocks.check_clock(peripheral.name)
        return address - base, peripheral
