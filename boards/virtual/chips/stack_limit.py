"""The stack limit of a Cortex-M33. Unicorn enforces it for instructions, but does not let Python read it."""

import unicorn
from unicorn import arm_const as arm

ADDRESS = 0x9FFF_F000  # external memory, which the boards lack
CODE = b"\xef\xf3\x0a\x80"  # mrs r0, msplim


class StackLimit:
    """MSPLIM."""

    def __init__(self, uc: unicorn.Uc):
        self._uc = uc
        uc.mem_map(ADDRESS, 0x1000)
        uc.mem_write(ADDRESS, CODE)
        uc.mem_protect(ADDRESS, 0x1000, unicorn.UC_PROT_EXEC)

    def read(self) -> int:
        """Return the register. Not allowed during a run."""
        uc = self._uc
        registers = arm.UC_ARM_REG_R0, arm.UC_ARM_REG_PC, arm.UC_ARM_REG_XPSR
        kept = [uc.reg_read(register) for register in registers]
        uc.emu_start(ADDRESS | 1, 0xFFFF_FFFF, count=1)
        limit = uc.reg_read(arm.UC_ARM_REG_R0)
        for register, value in zip(registers, kept):
            uc.reg_write(register, value | (register == arm.UC_ARM_REG_PC))
        return limit
