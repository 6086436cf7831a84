"""What ends the run of a chip model."""

from ticktalk.boards.errors import BoardsError


class ChipError(BoardsError):
    """The firmware does what the chip's manual forbids, or what the model does not cover."""


class Reset(Exception):
    """The firmware resets the chip."""


class RomStarted(Exception):
    """The firmware has started the boot loader in the chip's ROM."""
