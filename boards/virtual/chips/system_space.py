"""The system registers of a Cortex-M core that the firmware uses (Armv7-M Architecture Reference Manual, B3)."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.mpu import Mpu
from ticktalk.boards.virtual.chips.nvic import LINES, MEMORY_FAULT, Nvic

BASE = 0xE000_E000
SIZE = 0x1000
VTOR, AIRCR, CPACR = 0xD08, 0xD0C, 0xD88
KEY, RESET = 0x05FA_0000, 4
ISER, ICER, ISPR, ICPR, IPR = 0x100, 0x180, 0x200, 0x280, 0x400
MPU, MPU_SIZE = 0xD90, 0x38
SHCSR, CFSR, HFSR, MMFAR = 0xD24, 0xD28, 0xD2C, 0xD34
DENIED, STACKING_DENIED, ADDRESS_VALID, STACK_OVERFLOW = 1 << 1, 1 << 4, 1 << 7, 1 << 20  # in CFSR
FORCED = 1 << 30  # in HFSR
ENABLES = 16  # in SHCSR: the bit of MemManage, which the bits of BusFault and UsageFault follow

# Registers that are stored but have no effect: SCR, CCR, SHPR2 and 3, BFAR, CPACR, FPCCR.
STORED = {0xD10, 0xD14, 0xD1C, 0xD20, SHCSR, CFSR, HFSR, MMFAR, 0xD38, CPACR, 0xF34}
RESET_VALUES = {0xD14: 0x200, 0xD00: 0x410F_C241}


class SystemSpace:
    """NVIC, system control block and MPU. `reset_system` is called when AIRCR requests a reset. `armv6` states whether
    the core lacks the fault status registers."""

    def __init__(self, nvic: Nvic, mpu: Mpu, reset_system: Callable[[], None], armv6: bool = False):
        self.nvic, self.mpu, self._reset_system, self._armv6 = nvic, mpu, reset_system, armv6
        self._alignment = 0x100 if armv6 else 0x200  # of the vector table, in bytes
        self.reset()

    def reset(self) -> None:
        """Restore the state after a reset."""
        self.vector_table = 0
        self._stored = dict.fromkeys(STORED, 0) | RESET_VALUES
        self.nvic.reset()
        self.mpu.reset()

    @property
    def status(self) -> int:
        """CFSR, the causes of faults."""
        return self._stored[CFSR]

    def record(self, status: int, address: int | None = None) -> None:
        """Record a fault: bits of CFSR, and the address of an access that the MPU denies."""
        if not self._armv6:
            self._stored[CFSR] |= status if address is None else status | ADDRESS_VALID
            if address is not None:
                self._stored[MMFAR] = address

    def escalate(self) -> None:
        """Record that HardFault is taken instead of another fault."""
        if not self._armv6:
            self._stored[HFSR] |= FORCED

    def enables(self, fault: int) -> bool:
        """Return whether a fault has its own exception (nvic.py). Otherwise, it is a HardFault."""
        return not self._armv6 and bool(self._stored[SHCSR] >> ENABLES + (fault - MEMORY_FAULT) & 1)

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
        if MPU <= offset < MPU + MPU_SIZE:
            return self.mpu.read(offset - MPU, size)
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
        elif size == 4 and offset in (CFSR, HFSR):
            self._stored[offset] &= ~value
        elif size == 4 and offset in self._stored:
            self._stored[offset] = value
        elif MPU <= offset < MPU + MPU_SIZE:
            self.mpu.write(offset - MPU, size, value)
        else:
            raise ChipError(f"write of {size} bytes at {BASE + offset:#010x}: the model has no such core register")
