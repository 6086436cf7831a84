"""The flash interface (RM0090, chapter 3): access control, the lock, erasing and programming.

While an operation is in progress the core waits, because it runs from the same flash.
"""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral
from ticktalk.boards.virtual.nor_flash import VirtualFlash

BASE = 0x0800_0000
KEYS = (0x4567_0123, 0xCDEF_89AB)
ERRORS = ("OPERR", "WRPERR", "PGAERR", "PGPERR", "PGSERR")
# Typical durations in picoseconds with words of 32 bits (DS8626, table 39).
ERASING = {0x4000: 250 * 10**9, 0x1_0000: 550 * 10**9, 0x2_0000: 10**12}
PROGRAMMING = 16 * 10**6
SECTORS = (*(0x4000,) * 4, 0x1_0000, *(0x2_0000,) * 7)  # sizes in bytes


class Flash(Peripheral):
    """The interface, and the contents in `contents`. `strikes(kind)` returns whether an operation fails.

    `check_speed` is called when the number of wait states changes.
    """

    READ_ONLY = {"SR": ("BSY",)}

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        contents: VirtualFlash,
        check_speed: Callable[[], None],
    ):
        self._contents, self._check_speed = contents, check_speed
        self._strikes = contents.faults.strikes
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._keys = 0  # correct keys so far
        self._blocked = False  # after a wrong key, until the next reset

    @property
    def latency(self) -> int:
        """The number of wait states."""
        return self.field("ACR", "LATENCY")

    def write_acr(self, value: int) -> None:
        caches = {"ICRST": "ICEN", "DCRST": "DCEN"}
        held = self.values["ACR"]
        self.values["ACR"] = value
        for clear, cache in caches.items():
            if self.field("ACR", clear) and (
                self.field("ACR", cache) or held & self.registers["ACR"].field_mask(cache)
            ):
                raise self.error(f"ACR: {clear} while the cache is on")
        self._check_speed()

    def read_keyr(self) -> int:
        raise self.error("KEYR: cannot be read")

    def write_keyr(self, value: int) -> None:
        if self._blocked or not self.field("CR", "LOCK") or value != KEYS[self._keys]:
            self._blocked = True
            raise self.error(f"KEYR: {value:#010x} is not the next key, which locks the flash until the next reset")
        self._keys += 1
        if self._keys == len(KEYS):
            self._keys = 0
            self.set_field("CR", "LOCK", 0)

    def write_sr(self, value: int) -> None:
        self.values["SR"] &= ~value  # bits are cleared by writing 1

    def write_cr(self, value: int) -> None:
        if self.field("CR", "LOCK"):
            raise self.error("CR: written while it is locked")
        changed = self.changed("CR", value)
        self.values["CR"] = value
        operations = [name for name in ("PG", "SER", "MER") if self.field("CR", name)]
        if len(operations) > 1:
            raise self.error(f"CR: {' and '.join(operations)} at once")
        if changed & value & self.registers["CR"].field_mask("STRT"):
            self._erase()

    def program(self, offset: int, size: int, value: int) -> bool:
        """Write to BASE + offset. Returns whether the flash has accepted the value."""
        where = f"write to {BASE + offset:#010x}"
        if not self.field("CR", "PG"):
            raise self.error(f"SR PGSERR: {where} while CR PG is 0")
        if any(self.field("SR", name) for name in ERRORS):
            raise self.error(f"{where} before the error of an earlier operation has been cleared in SR")
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

    def _erase(self) -> None:
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
            raise self.error(f"sector {sector} is outside the slots")
        self._contents.erase(start, size)
        self.core.load(BASE + start, b"\xff" * size)
