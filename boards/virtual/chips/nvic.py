"""The interrupt controller of a Cortex-M4, which determines the next interrupt (Armv7-M Architecture Reference Manual,
B3.4)."""

LINES = 96
THREAD = 256  # priority of code outside all handlers, lower than that of any interrupt
HARD_FAULT, MEMORY_FAULT, USAGE_FAULT = -13, -12, -10  # exceptions 3, 4 and 6, numbered like interrupts


class Nvic:
    """Enabled, pending and active interrupts. `bits` is the number of priority bits that the chip implements.

    The core itself handles PRIMASK (`Core.masked`).
    """

    def __init__(self, bits: int = 4):
        self._shift = 8 - bits
        self.reset()

    def reset(self) -> None:
        """Restore the state after a reset."""
        self.enabled = self.pending = self._lines = 0
        self.priorities = [0] * LINES
        self.active: list[int] = []  # the innermost handler is last; faults have negative numbers

    def line(self, irq: int, level: bool) -> None:
        """Set the level of a line. A rising edge makes the line's interrupt pending, even if the line falls again."""
        bit = 1 << irq
        if level and not self._lines & bit:
            self.pending |= bit
        self._lines = self._lines | bit if level else self._lines & ~bit

    def set_priority(self, irq: int, value: int) -> None:
        """Set an interrupt's priority. The chip stores only the upper bits of `value`."""
        self.priorities[irq] = value >> self._shift << self._shift

    def waiting(self) -> int | None:
        """Return the most urgent pending and enabled interrupt, if it may interrupt the handler in progress."""
        ready = self.enabled & self.pending
        if not ready:
            return None
        first = min((self.priorities[irq], irq) for irq in range(LINES) if ready >> irq & 1)
        return first[1] if first[0] < self.running else None

    @property
    def running(self) -> int:
        """The priority of the running code."""
        return min(map(self.priority, self.active), default=THREAD)

    def priority(self, number: int) -> int:
        """Return the priority of an interrupt or fault. Those of configurable faults are always 0."""
        return self.priorities[number] if number >= 0 else -1 if number == HARD_FAULT else 0

    def enter(self, number: int) -> None:
        """Record that the handler of an interrupt or fault has started."""
        if number >= 0:
            self.pending &= ~(1 << number)
        self.active.append(number)

    def leave(self) -> None:
        """Record that the innermost handler has returned. If the line of its interrupt is still high, the interrupt
        becomes pending again."""
        number = self.active.pop()
        if number >= 0:
            self.pending |= self._lines & 1 << number
