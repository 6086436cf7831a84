"""The interrupt controller of a Cortex-M4, which determines the next interrupt (Armv7-M Architecture Reference Manual,
B3.4)."""

LINES = 96
THREAD = 256  # priority of code outside all handlers, lower than that of any interrupt


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
        self.active: list[int] = []  # the innermost handler is last

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
        running = min((self.priorities[irq] for irq in self.active), default=THREAD)
        return first[1] if first[0] < running else None

    def enter(self, irq: int) -> None:
        """Record that the handler has started."""
        self.pending &= ~(1 << irq)
        self.active.append(irq)

    def leave(self) -> None:
        """Record that the innermost handler has returned. If the line of its interrupt is still high, the interrupt
        becomes pending again."""
        irq = self.active.pop()
        self.pending |= self._lines & 1 << irq
