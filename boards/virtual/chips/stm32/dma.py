"""A DMA controller of an STM32, for transfers from memory to a peripheral. Families differ in registers and flags.

A peripheral requests data. The controller reads memory only then, so samples that the firmware writes too late are
lost, as on the chip."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral


class Dma(Peripheral):
    """`irqs` lists the interrupt numbers of the controller's streams or channels.

    `late(time)` is called when the controller has read old data, because the firmware has not handled the buffer's
    previous interrupt. `strikes(kind)` returns whether a transfer fails. Streams or channels are numbered from `FIRST`.
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
        self._add_writers()
        super().__init__(name, registers, core)

    def _add_writers(self) -> None:
        """Add the methods that write the registers of each stream or channel."""
        raise NotImplementedError

    def reset(self) -> None:
        super().reset()
        self._length = dict.fromkeys(self._numbers, 0)
        for irq in self._irqs:
            self.core.line(irq, False)

    def _set_line(self, number: int, level: bool) -> None:
        """Set the level of a stream's or channel's interrupt line."""
        self.core.line(self._irqs[number - self.FIRST], level)

    def _starts_transfer(self, number: int, configuration: str, address_register: str, address: int) -> bool:
        """Return whether a requested transfer succeeds. If the transfer fails, set TEIF and switch the stream or
        channel off.

        Raises ChipError if the transfer's target is not the register at `address`, which requested the transfer.
        """
        if self.values[address_register] != address:
            raise self.error(
                f"{address_register}: {self.values[address_register]:#x} is not the register that requested the "
                f"transfer, {address:#x}"
            )
        if self._strikes("dma-error"):
            self.set_field(configuration, "EN", 0)
            self._raise_flag(number, "TEIF")
            return False
        return True

    def _raise_flag(self, number: int, flag: str) -> None:
        """Set one of the flags of a stream or channel."""
        raise NotImplementedError


class RoutedDma(Dma):
    """A controller with settings that determine which request each channel serves."""

    def take(self, request: int, address: int, count: int, time: int) -> bytes:
        """Return `count` halfwords for the register at `address`, or less data if no channel serves the request or the
        transfer ends or fails."""
        raise NotImplementedError
