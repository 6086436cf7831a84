"""The flash controller NVMC, with 4 KiB pages and 32-bit words. Each word may be written twice before its page is
erased.

While flash is being erased or written, the core waits, because it runs from the same flash. DMA continues."""

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral
from ticktalk.boards.virtual.nor_flash import FlashError, VirtualFlash

PAGE, WORD, WRITES = 4096, 4, 2
READ, WRITE, ERASE = 0, 1, 2


class Nvmc(Peripheral):
    """The flash controller. `contents` holds the flash contents, and `running` is the address range from which the
    core runs. A subclass specifies how long the flash is busy, in picoseconds, and how a page is erased."""

    ERASING = PROGRAMMING = 0
    READ_ONLY = {"READY": ("READY",), "READYNEXT": ("READYNEXT",)}

    def __init__(
        self, name: str, registers: dict[str, Register], core: Clockwork, contents: VirtualFlash, running: range
    ):
        self._contents, self._running = contents, running
        self._strikes = contents.faults.strikes
        self._written: dict[int, int] = {}  # number of writes to each word since it was erased
        super().__init__(name, registers, core)

    def write_config(self, value: int) -> None:
        if value not in (READ, WRITE, ERASE):
            raise self.error(f"CONFIG: {value} is not a valid value of WEN")
        self.values["CONFIG"] = value

    def write_eraseall(self, value: int) -> None:
        raise self.error("ERASEALL: not modelled")

    def erase(self, value: int, where: str) -> None:
        """Erase the page at the address `value`. `where` begins an error message."""
        if value % PAGE or value + PAGE > self._contents.size or value in self._running:
            raise self.error(f"{where}: {value:#x} is not a page that may be erased")
        self.core.stall(self.ERASING)
        if self._strikes("erase-error"):
            return
        self._contents.erase(value, PAGE)
        self.core.load(value, b"\xff" * PAGE)
        for at in range(value, value + PAGE, WORD):
            self._written.pop(at, None)

    def program(self, offset: int, size: int, value: int) -> bool:
        """Write to flash. Returns whether flash now contains the value."""
        where = f"write to {offset:#010x}"
        if self.field("CONFIG", "WEN") != WRITE:
            raise self.error(f"CONFIG: {where} while writing is not enabled")
        if size != WORD or offset % WORD:
            raise self.error(f"{where} of {size} bytes, but only whole words can be written")
        self._written[offset] = self._written.get(offset, 0) + 1
        if self._written[offset] > WRITES:
            raise self.error(f"{where}, for the third time since the page was erased")
        self.core.stall(self.PROGRAMMING)
        if self._strikes("program-error"):
            return False
        try:
            self._contents.program(offset, value.to_bytes(size, "little"))
        except FlashError as error:
            raise self.error(f"{where}: {error}") from None
        return True
