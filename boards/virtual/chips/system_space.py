"""The system registers of the Cortex-M4 that the firmware uses (Armv7-M Architecture Reference Manual, B3)."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.nvic import LINES, Nvic

BASE = 0xE000_E000
SIZE = 0x1000
VTOR, AIRCR, CPACR = 0xD08, 0xD0C, 0xD88
KEY, RESET = 0x05FA_0000, 4
ISER, ICER, ISPR, ICPR, IPR = 0x100, 0x180, 0x200, 0x280, 0x400

# Registers that are stored but have no effect: SCR, CCR, SHPR1-3, SHCSR, CFSR, HFSR, MMFAR, BFAR, CPACR, FPCCR and
# those of the MPU.
STORED = {0xD10, 0xD14, 0xD18, 0xD1C, 0xD20, 0xD24, 0xD28, 0xD2C, 0xD34, 0xD38, CPACR, *range(0xD94, 0xDB8, 4), 0xF34}
RESET_VALUES = {0xD14: 0x200, 0xD90: 0x800, 0xD00: 0x410F_C241}


class SystemSpace:
    """NVIC, system control block and MPU. `reset_system` is called when AIRCR requests a reset. `alignment` is
    that of the vector table in bytes."""

    def __init__(self, nvic: Nvic, reset_system: Callable[[], None], alignment: int = 0x200):
        self.nvic, self._reset_system, self._alignment = nvic, reset_system, alignment
        self.reset()

    def reset(self) -> None:
        """Restore the state after a reset."""
        self.vector_table = 0
        self._stored = dict.fromkeys(STORED, 0) | RESET_VALUES
        self.nvic.reset()

    def read(self, offset: int, size: int) -> int:
        """Return the register at `offset`."""
        nvic = self.nvic
        if size == 4 and offset < IPR:
            for start, bits in ((ISER, nvic.enabled), (ICER, nvic.enabled), (ISPR, nvic.pending), (ICPR, nvic.pending)):
                if start <= offset < start + LINES // 8:
                    return bits >> 8 * (offset - start) & 0xFFFF_FFFF
        if offset >= IPR and offset + size <= IPR + LINES:
            return int.from_bytes(nvic.priorities[offset - IPR : offset - IPR + size], "little")
        if size == 4 and offset == VTOR:
            return self.vector_table
        if size == 4 and offset == AIRCR:
            return 0xFA05_0000
        if size == 4 and offset in self._stored:
            return self._stored[offset]
        raise ChipError(f"read of {size} bytes at {BASE + offset:#010x}: the model has no such core register")

    def write(self, offset: int, size: int, value: int) -> None:
        """Write the register at `offset`."""
        nvic = self.nvic
        if size == 4 and ISER <= offset < IPR and offset % 0x80 < LINES // 8:
            bits = value << 8 * (offset % 0x80)
            match offset - offset % 0x80:
                case 0x100:
                    nvic.enabled |= bits
                case 0x180:
                    nvic.enabled &= ~bits
                case 0x200:
                    nvic.pending |= bits
                case 0x280:
                    nvic.pending &= ~bits
            return
        if offset >= IPR and offset + size <= IPR + LINES:
            for index, byte in enumerate(value.to_bytes(size, "little")):
                nvic.set_priority(offset - IPR + index, byte)
        elif size == 4 and offset == VTOR:
            if value % self._alignment:
                raise ChipError(
                    f"VTOR: {value:#010x} is not aligned to {self._alignment:#x}, as the size of the vector table "
                    "requires"
                )
            self.vector_table = value
        elif size == 4 and offset == AIRCR:
            if value & 0xFFFF_0000 != KEY:
                raise ChipError(f"AIRCR: write of {value:#010x} without the key")
            if value & RESET:
                self._reset_system()
        elif size == 4 and offset in self._stored:
            self._stored[offset] = value
        else:
            raise ChipError(f"write of {size} bytes at {BASE + offset:#010x}: the model has no such core register")
