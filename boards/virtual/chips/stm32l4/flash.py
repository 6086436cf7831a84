"""The flash interface of the STM32L4+ (RM0432, chapter 3) in dual-bank mode: pages of 4 KiB, words of 64 bits.

During an operation in bank 2, the core keeps running from bank 1. During an operation in its own bank, it waits.
"""

from ticktalk.boards.virtual.chips.stm32.flash import BASE, Flash

BANK, PAGE, WORD = 0x10_0000, 0x1000, 8
ERASING, PROGRAMMING = 22_020 * 10**6, 81_690_000  # typical durations in picoseconds (DS12023, table 58)
POLLS = 3  # after more reads of SR in a row, the core is assumed to be polling BSY, and time skips until BSY is 0


class FlashL4(Flash):
    """See Flash."""

    READ_ONLY = {"SR": ("BSY", "PEMPTY"), "CR": ("OPTLOCK",), "OPTR": ("DBANK",)}
    ERRORS = (*("OPERR", "PROGERR", "WRPERR", "PGAERR", "SIZERR", "PGSERR", "MISERR", "FASTERR", "RDERR", "OPTVERR"),)
    OPERATIONS = ("PG", "PER", "MER1", "MER2", "FSTPG")

    def reset(self) -> None:
        super().reset()
        self._busy_until = self._polls = 0
        self._first: tuple[int, bytes] | None = None  # offset and value of the first half of a word

    def read_sr(self) -> int:
        busy = self.core.now() < self._busy_until
        self._polls = self._polls + 1 if busy else 0
        if self._polls > POLLS:
            self.core.wait_for(self._busy_until)
        return self.values["SR"] | busy << self.registers["SR"].fields["BSY"][0]

    def write_optr(self, value: int) -> None:
        raise self.error("OPTR: written while the options are locked")

    def check_idle(self, what: str) -> None:
        if self.core.now() < self._busy_until:
            raise self.error(f"{what}: written while SR BSY is 1")

    def program(self, offset: int, size: int, value: int) -> bool:
        where = f"write to {BASE + offset:#010x}"
        self.check_idle(where)
        self.check_program(where)
        if size != 4:
            raise self.error(f"SR SIZERR: {where} of {size} bytes, but a 64-bit word is written as two halves")
        data = value.to_bytes(size, "little")
        if self._first is None:
            if offset % WORD:
                raise self.error(f"SR PGAERR: {where}, which is not the first half of a word")
            self._first = offset, data
            return False
        first, self._first = self._first, None
        if offset != first[0] + 4:
            raise self.error(f"SR PGAERR: {where}, which is not the second half of the word at {BASE + first[0]:#010x}")
        if any(byte != 0xFF for byte in self._contents.read(first[0], WORD)):
            raise self.error(f"SR PROGERR: {where}, which is not erased")
        self._takes(first[0], PROGRAMMING)
        if self._strikes("program-error"):
            self.set_field("SR", "OPERR", 1)
            return False
        self._contents.program(first[0], first[1] + data)
        self.core.load(BASE + first[0], first[1])
        return True

    def erase(self) -> None:
        if not self.field("CR", "PER"):
            raise self.error("CR: STRT without PER")
        start = self.field("CR", "BKER") * BANK + self.field("CR", "PNB") * PAGE
        self._takes(start, ERASING)
        self.set_field("CR", "STRT", 0)
        if self._strikes("erase-error"):
            self.set_field("SR", "OPERR", 1)
            return
        self._contents.erase(start, PAGE)
        self.core.load(BASE + start, b"\xff" * PAGE)

    def _takes(self, offset: int, duration: int) -> None:
        if offset < BANK:
            self.core.stall(duration)
        else:
            self._busy_until = self.core.now() + duration
