"""The flash interface of an STM32: access control and the lock. Erasing and programming differ between families."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral
from ticktalk.boards.virtual.nor_flash import VirtualFlash

BASE = 0x0800_0000
KEYS = (0x4567_0123, 0xCDEF_89AB)


class Flash(Peripheral):
    """The flash interface. `contents` holds the flash contents.

    `check_speed` is called when the number of wait states changes. In a subclass, `ERRORS` lists the error flags in SR,
    and `OPERATIONS` lists the fields in CR that select an operation. KEY, STATUS and CONTROL are the names of KEYR, SR
    and CR.
    """

    KEY, STATUS, CONTROL = "KEYR", "SR", "CR"
    READ_ONLY = {"SR": ("BSY",)}
    ERRORS: tuple[str, ...] = ()
    OPERATIONS: tuple[str, ...] = ()

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
        self._keys = 0  # number of correct keys so far
        self._blocked = False  # set by a wrong key, until the next reset

    @property
    def latency(self) -> int:
        """The number of wait states."""
        return self.field("ACR", "LATENCY")

    def write_acr(self, value: int) -> None:
        caches = {"ICRST": "ICEN", "DCRST": "DCEN"}
        held = self.values["ACR"]
        self.values["ACR"] = value
        for clear, cache in caches.items():
            if (
                clear in self.registers["ACR"].fields
                and self.field("ACR", clear)
                and (self.field("ACR", cache) or held & self.registers["ACR"].field_mask(cache))
            ):
                raise self.error(f"ACR: {clear} while the cache is on")
        self._check_speed()

    def read_keyr(self) -> int:
        raise self.error(f"{self.KEY}: cannot be read")

    def write_keyr(self, value: int) -> None:
        if self._blocked or not self.field(self.CONTROL, "LOCK") or value != KEYS[self._keys]:
            self._blocked = True
            raise self.error(
                f"{self.KEY}: {value:#010x} is not the next key; a wrong key locks the flash until the next reset"
            )
        self._keys += 1
        if self._keys == len(KEYS):
            self._keys = 0
            self.set_field(self.CONTROL, "LOCK", 0)

    def write_sr(self, value: int) -> None:
        self.values[self.STATUS] &= ~value  # writing 1 clears a bit

    def write_cr(self, value: int) -> None:
        if self.field(self.CONTROL, "LOCK"):
            raise self.error(f"{self.CONTROL}: written while locked")
        self.check_idle(self.CONTROL)
        changed = self.changed(self.CONTROL, value)
        self.values[self.CONTROL] = value
        operations = [name for name in self.OPERATIONS if self.field(self.CONTROL, name)]
        if len(operations) > 1:
            raise self.error(f"{self.CONTROL}: {' and '.join(operations)} are set at the same time")
        if changed & value & self.registers[self.CONTROL].field_mask("STRT"):
            self.erase()

    def check_idle(self, what: str) -> None:
        """Raise ChipError if an operation is in progress. Needed only if the core keeps running during operations."""

    def erase(self) -> None:
        """Erase the sector or page that CR selects."""
        raise NotImplementedError

    def program(self, offset: int, size: int, value: int) -> bool:
        """Program the value at BASE + offset. Returns whether flash now contains the value."""
        raise NotImplementedError

    def check_program(self, where: str) -> None:
        """Raise ChipError if CR or SR does not allow programming."""
        if not self.field(self.CONTROL, "PG"):
            raise self.error(f"{self.STATUS} PGSERR: {where} while {self.CONTROL} PG is 0")
        if any(self.field(self.STATUS, name) for name in self.ERRORS):
            raise self.error(f"{where} before the error flags of an earlier operation in {self.STATUS} were cleared")
