"""System configuration of an STM32, which selects the memory at address 0."""

from ticktalk.boards.virtual.chips.peripheral import Peripheral


class Syscfg(Peripheral):
    """Stored registers. `MAP` is the name of the register that maps memories to address 0."""

    MAP = "MEMRM"

    @property
    def rom_at_zero(self) -> bool:
        """Whether the ROM is mapped to address 0."""
        return self.field(self.MAP, "MEM_MODE") == 1
