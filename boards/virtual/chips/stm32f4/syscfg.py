"""System configuration (RM0090, chapter 9), which selects the memory at address 0."""

from ticktalk.boards.virtual.chips.peripheral import Peripheral


class Syscfg(Peripheral):
    """Stored registers."""

    @property
    def rom_at_zero(self) -> bool:
        """Whether the ROM is mapped to address 0."""
        return self.field("MEMRM", "MEM_MODE") == 1
