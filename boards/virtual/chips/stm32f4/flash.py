"""The flash interface (RM0090, chapter 3): access control, the lock, erasing and programming.

While an operation is in progress, the core waits, because it runs from the same flash.
"""

from ticktalk.boards.virtual.chips.stm32.flash import BASE, Flash

# Typical durations in picoseconds for 32-bit words (DS8626, table 39).
ERASING = {0x4000: 250 * 10**9, 0x1_0000: 550 * 10**9, 0x2_0000: 10**12}
PROGRAMMING = 16 * 10**6
SECTORS = (*(0x4000,) * 4, 0x1_0000, *(0x2_0000,) * 7)  # sizes in bytes


class FlashF4(Flash):
    """See Flash."""

    ERRORS = ("OPERR", "WRPERR", "PGAERR", "PGPERR", "PGSERR")
    OPERATIONS = ("PG", "SER", "MER")

    def program(self, offset: int, size: int, value: int) -> bool:
        where = f"write to {BASE + offset:#010x}"
        self.check_program(where)
        if size != 1 << self.field("CR", "PSIZE"):
            raise self.error(f"SR PGPERR: {where} of {size} bytes, but CR PSIZE is {self.field('CR', 'PSIZE')}")
        if offset % size:
            raise self.error(f"SR PGAERR: {where} is not aligned")
        if any(byte != 0xFF for byte in self._contents.read(offset, size)):
            raise self.error(f"{where}, which is not erased")
        self.core.stall(PROGRAMMING)
        if self._strikes("program-error"):
            self.set_field("SR", "OPERR", 1)
            return False
        self._contents.program(offset, value.to_bytes(size, "little"))
        return True

    def erase(self) -> None:
        if not self.field("CR", "SER"):
            raise self.error("CR: STRT without SER")
        sector = self.field("CR", "SNB")
        if sector >= len(SECTORS):
            raise self.error(f"CR: SNB is {sector}, but the chip has {len(SECTORS)} sectors")
        start, size = sum(SECTORS[:sector]), SECTORS[sector]
        self.core.stall(ERASING[size])
        self.set_field("CR", "STRT", 0)
        if self._strikes("erase-error"):
            self.set_field("SR", "OPERR", 1)
            return
        if start % self._contents.page or size % self._contents.page:
            raise self.error(f"sector {sector} is outside the slot")
        self._contents.erase(start, size)
        self.core.load(BASE + start, b"\xff" * size)
