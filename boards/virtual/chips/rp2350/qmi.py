"""QMI: how the flash is read. When the ROM ends, the flash is in a quad-read mode in which each read starts with a
command, at a third of the core's frequency."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

# The state after the ROM's search for an image (pico-bootrom-rp2350, varm_generic_flash.c)
TIMING, FORMAT, COMMAND = 0x6000_7203, 0x0004_92A8, 0xEB
CONTINUOUS = 0xA0
FASTEST_DIVIDER = 2  # the flash can be read at up to 133 MHz


class Qmi(Peripheral):
    """`from_flash` returns whether the core is executing code in flash."""

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork, from_flash: Callable[[], bool]):
        self._from_flash = from_flash
        super().__init__(name, registers, core)
        for register in registers:
            setattr(self, f"write_{register.lower()}", self._writer(register))

    def reset(self) -> None:
        super().reset()
        self.values |= {"M0_TIMING": TIMING, "M0_RFMT": FORMAT, "M0_RCMD": COMMAND}
        self._continues = False  # whether the flash is in a mode in which reads need no command

    @property
    def continuous(self) -> bool:
        """Whether reads are continuous."""
        return self._continues and not self.field("M0_RFMT", "PREFIX_LEN")

    def read_uncached(self, offset: int, size: int) -> int:
        """Read from flash, bypassing the cache. The contents are not modelled."""
        self._continues = self.field("M0_RCMD", "SUFFIX") == CONTINUOUS
        return 0

    def _writer(self, register: str) -> Callable[[int], None]:
        def write(value: int) -> None:
            if self._from_flash():
                raise self.error(f"{register}: changed by code that is read from flash")
            self.values[register] = value
            if self.field("M0_TIMING", "CLKDIV") < FASTEST_DIVIDER:
                raise self.error("M0_TIMING: too fast for the flash")
            if not self.field("M0_RFMT", "PREFIX_LEN") and not self._continues:
                raise self.error("M0_RFMT: no command, but the flash expects one")

        return write
