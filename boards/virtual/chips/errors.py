"""The exceptions that stop a chip model."""

from ticktalk.boards.errors import BoardsError


class ChipError(BoardsError):
    """The firmware does something that the chip's manual forbids or that is not modelled."""


class Reset(Exception):
    """The chip is reset. The message is the reason."""


class RomStarted(Exception):
    """The firmware has started the boot loader."""
