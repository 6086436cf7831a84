"""General-purpose pins of an STM32. Only the pins' connections to peripherals are modelled, not their levels."""

from ticktalk.boards.virtual.chips.peripheral import Peripheral

ALTERNATE = 2


class Gpio(Peripheral):
    """One port."""

    def _read_only(self) -> dict[str, tuple[str, ...]]:
        return {"IDR": tuple(self.registers["IDR"].fields)}

    def function(self, pin: int) -> int | None:
        """Return the number of the alternate function of a pin, or None if the pin is not connected to one."""
        if self.values["MODER"] >> 2 * pin & 3 != ALTERNATE:
            return None
        return self.values["AFRL" if pin < 8 else "AFRH"] >> 4 * (pin % 8) & 15

    def write_bsrr(self, value: int) -> None:
        self.values["ODR"] = self.values["ODR"] & ~(value >> 16) | value & 0xFFFF
