"""The peripherals RESET, which also keeps the network core off, and CACHE."""

from ticktalk.boards.virtual.chips.peripheral import Peripheral


class Reset(Peripheral):
    """The causes of a reset, and the network core."""

    def write_resetreas(self, value: int) -> None:
        self.values["RESETREAS"] &= ~value  # writing 1 clears a bit

    def write_network_forceoff(self, value: int) -> None:
        if not value:
            raise self.error("NETWORK_FORCEOFF: the network core is not modelled")
        self.values["NETWORK_FORCEOFF"] = value


class Cache(Peripheral):
    """The cache of flash. The model knows only whether the cache is on."""

    def write_mode(self, value: int) -> None:
        raise self.error("MODE: not modelled")

    def write_invalidate(self, value: int) -> None:
        """The cache's contents are not modelled."""

    def write_erase(self, value: int) -> None:
        """The cache's contents are not modelled."""
