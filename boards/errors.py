"""What can go wrong between the desk and the watch, and the exit code of each (docs/reference/exit-codes.md)."""

from ticktalk.system.errors import TicktalkError


class BoardsError(TicktalkError):
    """One line for a person: what failed, where, and what to do next."""

    exit_code = 8


class BoardError(BoardsError):
    """A board file is wrong, or there is no such board."""

    exit_code = 5


class ImageError(BoardsError):
    """An image cannot be made, does not fit the board, or is damaged."""

    exit_code = 6


class PortError(BoardsError):
    """No port, several ports, port busy, no permission."""

    exit_code = 7


class DeviceError(BoardsError):
    """The device is silent, is not the one that was meant, or breaks the protocol."""

    exit_code = 8


class UnpluggedError(DeviceError):
    """The port has gone while it was in use, or is not back in time."""


class OverdueError(BoardsError):
    """The time for the whole update is over. Not a DeviceError: whoever tries again after one of those must not."""

    exit_code = 8


class VerifyError(BoardsError):
    """The device took the image, but what it holds or runs is something else."""

    exit_code = 9


class MissingToolError(BoardsError):
    """A program or package is missing; the message says how to install it."""

    exit_code = 10
