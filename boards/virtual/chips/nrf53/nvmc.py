"""The flash controller NVMC of the nRF5340, which erases a page when its first word is written."""

from collections.abc import Callable

from ticktalk.boards.virtual.chips.nrf import nvmc

ERASED = 0xFFFF_FFFF


class Nvmc(nvmc.Nvmc):
    """See nrf.nvmc. `cached()` returns whether the cache is on.

    The product specification does not state whether the cache notices that flash has changed, so the model requires the
    cache to be off.
    """

    cached: Callable[[], bool]
    ERASING, PROGRAMMING = 87_500 * 10**6, 43 * 10**6

    def write_configns(self, value: int) -> None:
        raise self.error("CONFIGNS: not modelled")

    def write_writeuicrns(self, value: int) -> None:
        raise self.error("WRITEUICRNS: not modelled")

    def program(self, offset: int, size: int, value: int) -> bool:
        """Write to flash, or erase a page. Returns whether flash now contains the value."""
        if self.cached():
            raise self.error(f"CONFIG: write to {offset:#010x} while the cache is on")
        if self.field("CONFIG", "WEN") != nvmc.ERASE:
            return super().program(offset, size, value)
        if size != nvmc.WORD or value != ERASED:
            raise self.error(f"CONFIG: write of {value:#x} to {offset:#010x} while erasing is enabled")
        self.erase(offset, "CONFIG")
        return True
