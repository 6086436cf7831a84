"""The exceptions that stop a chip model."""

from ticktalk.boards.errors import BoardsError


class ChipError(BoardsError):
    """The firmware does something that the chip's manual forbids or that is not modelled."""


class Reset(Exception):
    """The chip is reset. The message is the reason. `by_watchdog` states whether registers blame the watchdog."""

    def __init__(self, reason: str, by_watchdog: bool = False):
        super().__init__(reason)
        self.by_watchdog = by_watchdog


class RomStarted(Exception):
    """The firmware has started the boot loader."""
