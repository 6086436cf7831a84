"""The flash interface of an STM32 with two banks. Each word is written in several parts.

During an operation in bank 2, the core keeps running from bank 1. During an operation in its own bank, the core waits.
"""

from ticktalk.boards.virtual.chips.stm32.flash import BASE, Flash

PART = 4  # bytes in each write by the core
POLLS = 3  # after more consecutive reads of SR, the core is assumed to be polling BSY, and time skips until BSY is 0


class BankedFlash(Flash):
    """See Flash. A subclass defines the sizes of a bank, a page and a word in bytes, and the durations of
    erasing a page and programming a word in picoseconds."""

    BANK = PAGE = WORD = 0
    ERASING = PROGRAMMING = 0

    def reset(self) -> None:
        super().reset()
        self._busy_until = self._polls = 0
        self._word: tuple[int, bytes] = (0, b"")  # offset and first parts of the word that is being written

    def read_sr(self) -> int:
        busy = self.core.now() < self._busy_until
        self._polls = self._polls + 1 if busy else 0
        if self._polls > POLLS:
            self.core.wait_for(self._busy_until)
        return self.values[self.STATUS] | busy << self.registers[self.STATUS].fields["BSY"][0]

    def write_optr(self, value: int) -> None:
        raise self.error("OPTR: written while the options are locked")

    def check_idle(self, what: str) -> None:
        if self.core.now() < self._busy_until:
            raise self.error(f"{what}: written while {self.STATUS} BSY is 1")

    def program(self, offset: int, size: int, value: int) -> bool:
        where = f"write to {BASE + offset:#010x}"
        self.check_idle(where)
        self.check_program(where)
        if size != PART:
            raise self.error(
                f"{self.STATUS} SIZERR: {where} of {size} bytes, but a word of {self.WORD} bytes is written in parts "
                f"of {PART}"
            )
        start, parts = self._word
        if not parts:
            start = offset
            if offset % self.WORD:
                raise self.error(f"{self.STATUS} PGAERR: {where}, which is not the start of a word")
        elif offset != start + len(parts):
            raise self.error(
                f"{self.STATUS} PGAERR: {where}, which is not the next part of the word at {BASE + start:#010x}"
            )
        parts += value.to_bytes(size, "little")
        self._word = start, parts
        if len(parts) < self.WORD:
            return False
        self._word = 0, b""
        if any(byte != 0xFF for byte in self._contents.read(start, self.WORD)):
            raise self.error(f"{self.STATUS} PROGERR: {where}, which is not erased")
        self._takes(start, self.PROGRAMMING)
        if self._strikes("program-error"):
            self.set_field(self.STATUS, "OPERR", 1)
            return False
        self._contents.program(start, parts)
        self.core.load(BASE + start, parts[:-PART])
        return True

    def erase(self) -> None:
        if not self.field(self.CONTROL, "PER"):
            raise self.error(f"{self.CONTROL}: STRT without PER")
        start = self.field(self.CONTROL, "BKER") * self.BANK + self.field(self.CONTROL, "PNB") * self.PAGE
        self._takes(start, self.ERASING)
        self.set_field(self.CONTROL, "STRT", 0)
        if self._strikes("erase-error"):
            self.set_field(self.STATUS, "OPERR", 1)
            return
        self._contents.erase(start, self.PAGE)
        self.core.load(BASE + start, b"\xff" * self.PAGE)

    def _takes(self, offset: int, duration: int) -> None:
        if offset < self.BANK:
            self.core.stall(duration)
        else:
            self._busy_until = self.core.now() + duration
