"""The flash controller NVMC of the nRF52840, which erases a page whose address is written to a register."""

from ticktalk.boards.virtual.chips.nrf import nvmc


class Nvmc(nvmc.Nvmc):
    """See nrf.nvmc."""

    ERASING, PROGRAMMING = 85 * 10**9, 41 * 10**6

    def write_erasepage(self, value: int) -> None:
        if self.field("CONFIG", "WEN") != nvmc.ERASE:
            raise self.error("ERASEPAGE: written while CONFIG does not enable erasing")
        self.erase(value, "ERASEPAGE")

    def write_eraseuicr(self, value: int) -> None:
        raise self.error("ERASEUICR: not modelled")

    def write_erasepagepartial(self, value: int) -> None:
        raise self.error("ERASEPAGEPARTIAL: not modelled")
