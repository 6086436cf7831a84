"""The flash interface of the STM32U5 (RM0456, chapter 7) without TrustZone, with 8 KiB pages and 128-bit words."""

from ticktalk.boards.virtual.chips.stm32.banked_flash import BankedFlash


class FlashU5(BankedFlash):
    """See BankedFlash. `cache_emptied` must be called when the ICACHE has been emptied."""

    BANK, PAGE, WORD = 0x20_0000, 0x2000, 16
    ERASING, PROGRAMMING = 1_500 * 10**6, 118 * 10**6  # typical durations (DS13543, flash memory characteristics)
    KEY, STATUS, CONTROL = "NSKEYR", "NSSR", "NSCR"
    READ_ONLY = {"NSSR": ("BSY", "WDW", "OEM1LOCK", "OEM2LOCK", "PD1", "PD2"), "NSCR": ("OPTLOCK",)}
    ERRORS = ("OPERR", "PROGERR", "WRPERR", "PGAERR", "SIZERR", "PGSERR", "OPTWERR")
    OPERATIONS = ("PG", "PER", "MER1", "MER2", "BWR")
    read_nskeyr = BankedFlash.read_keyr
    read_nssr, write_nssr, write_nscr = BankedFlash.read_sr, BankedFlash.write_sr, BankedFlash.write_cr

    def reset(self) -> None:
        super().reset()
        self._stale = False  # the cache may hold contents from before an operation

    def cache_emptied(self) -> None:
        self._stale = False

    def write_nskeyr(self, value: int) -> None:
        if self._stale:
            raise self.error("NSKEYR: the ICACHE has not been emptied since the last operation")
        super().write_keyr(value)

    def _takes(self, offset: int, duration: int) -> None:
        self._stale = True
        super()._takes(offset, duration)
