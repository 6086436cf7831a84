"""The base class of peripherals: registers with the vendor's offsets, reset values and fields, and common errors."""

from collections.abc import Callable
from typing import Protocol

from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.facts import Register

SECOND = 10**12  # picoseconds


class Clockwork(Protocol):
    """The part of the core that peripherals use: time in picoseconds, timed events, and interrupt lines."""

    def now(self) -> int:
        """Return the time since power-on in picoseconds."""

    def at(self, time: int, event: Callable[[int], None], background: bool = False) -> None:
        """Call `event(time)` at the time `time`. A background event goes on forever without changing anything."""

    def stall(self, duration: int) -> None:
        """Stop the core for `duration`, as flash does while it is busy."""

    def wait_for(self, time: int) -> None:
        """Record that the core is polling for a change that will not happen before `time`."""

    def line(self, irq: int, level: bool) -> None:
        """Set the level of the interrupt line `irq`."""

    def load(self, address: int, data: bytes) -> None:
        """Write to memory, including flash."""

    def memory(self, address: int, size: int) -> bytes:
        """Return bytes of RAM or flash. Raises ChipError for any other address."""


class Peripheral:
    """One instance of a peripheral.

    A subclass implements the behaviour of a register in the methods `read_<register>(self)`, which returns the value,
    and `write_<register>(self, value)`. The register's name is in lower case. `READ_ONLY` lists the read-only fields of
    each register, and `CLEARS_RESERVED` the registers whose reserved bits may also be written as 0."""

    READ_ONLY: dict[str, tuple[str, ...]] = {}
    CLEARS_RESERVED: tuple[str, ...] = ()

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork):
        self.name, self.core, self.registers = name, core, registers
        self._by_offset = {register.offset: register for register in registers.values()}
        self._masks = {key: register.mask for key, register in registers.items()}
        self._fixed = {key: registers[key].field_mask(*names) for key, names in self._read_only().items()}
        self.values: dict[str, int] = {}
        self.reset()

    def _read_only(self) -> dict[str, tuple[str, ...]]:
        return self.READ_ONLY

    def reset(self) -> None:
        """Restore the state after a reset."""
        self.values = {name: register.reset for name, register in self.registers.items()}

    def read(self, offset: int, size: int) -> int:
        """Return the register at `offset`."""
        register = self._at(offset, size, "read of")
        method = getattr(self, f"read_{register.name.lower()}", None)
        return method() if method else self.values[register.name]

    def write(self, offset: int, size: int, value: int) -> None:
        """Write the register at `offset`."""
        register = self._at(offset, size, "write to")
        name = register.name
        extra = (value ^ register.reset) & ~self._masks[name]
        if extra and (name not in self.CLEARS_RESERVED or value & ~self._masks[name]):
            raise self.error(f"{name}: write of {value:#010x} changes reserved bits {extra:#x}")
        fixed = self._fixed.get(name, 0)
        value = value & ~fixed | self.values[name] & fixed
        method = getattr(self, f"write_{name.lower()}", None)
        if method:
            method(value)
        else:
            self.values[name] = value

    def field(self, register: str, name: str) -> int:
        """Return the value of a field."""
        bit, width = self.registers[register].fields[name]
        return self.values[register] >> bit & (1 << width) - 1

    def set_field(self, register: str, name: str, value: int) -> None:
        """Change a field."""
        bit, width = self.registers[register].fields[name]
        mask = (1 << width) - 1 << bit
        self.values[register] = self.values[register] & ~mask | value << bit & mask

    def changed(self, register: str, value: int) -> int:
        """Return the bits of `register` that writing `value` would change."""
        return self.values[register] ^ value

    def error(self, what: str) -> ChipError:
        """Return an error about this peripheral."""
        return ChipError(f"{self.name} {what}")

    def _at(self, offset: int, size: int, what: str) -> Register:
        register = self._by_offset.get(offset)
        if register is None:
            raise self.error(f"has no register at offset {offset:#x}")
        if size != 4:
            raise self.error(f"{register.name}: {what} {size} bytes, but registers are words")
        return register
