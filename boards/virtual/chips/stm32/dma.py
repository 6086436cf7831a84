"""A DMA controller of an STM32, from memory to a peripheral. Families differ in registers and flags.

A peripheral requests data. The controller reads memory at that moment, so samples that the firmware writes too late are
missing, as on the chip."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral


class Dma(Peripheral):
    """`irqs` are the numbers of the interrupts of its streams or channels.

    `late(time)` is called when old data has been read, because the firmware had not handled the previous interrupt for
    that buffer. `strikes(kind)` returns whether a transfer fails. A subclass counts streams or channels from `FIRST`.
    """

    FIRST = 0

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        irqs: list[int],
        late: Callable[[int], None],
        strikes: Callable[[str], bool],
    ):
        self._irqs, self._late, self._strikes = irqs, late, strikes
        self._numbers = range(self.FIRST, self.FIRST + len(irqs))
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._length = dict.fromkeys(self._numbers, 0)
        for irq in self._irqs:
            self.core.line(irq, False)

    def _set_line(self, number: int, level: bool) -> None:
        """Set the interrupt of a stream or channel."""
        self.core.line(self._irqs[number - self.FIRST], level)

    def _starts_transfer(self, number: int, configuration: str, address_register: str, address: int) -> bool:
        """Return whether a requested transfer succeeds. If not, switch the stream or channel off with TEIF.

        Raises ChipError if it would write to another register than `address`, which requests it.
        """
        if self.values[address_register] != address:
            raise self.error(
                f"{address_register}: {self.values[address_register]:#x} is not the requesting register, {address:#x}"
            )
        if self._strikes("dma-error"):
            self.set_field(configuration, "EN", 0)
            self._raise_flag(number, "TEIF")
            return False
        return True

    def _raise_flag(self, number: int, flag: str) -> None:
        """Set a flag of a stream or channel."""
        raise NotImplementedError
