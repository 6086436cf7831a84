"""Errors between host and watch, each with its exit code (docs/reference/exit-codes.md)."""

from ticktalk.system.errors import TicktalkError


class BoardsError(TicktalkError):
    """One line for the user: what failed, where, and what to do next."""

    exit_code = 8


class BoardError(BoardsError):
    """A board file is wrong, or there is no such board."""

    exit_code = 5


class ImageError(BoardsError):
    """An image cannot be made, does not fit the board, or is damaged."""

    exit_code = 6


class PortError(BoardsError):
    """There is no port, there are several, the port is busy, or permission is missing."""

    exit_code = 7


class DeviceError(BoardsError):
    """The device is silent, is not the expected one, or breaks the protocol."""

    exit_code = 8


class UnpluggedError(DeviceError):
    """The port disappeared while in use, or did not come back in time."""


class OverdueError(BoardsError):
    """The time for the whole update is over. Not a DeviceError, because code that retries after a DeviceError
    must not retry after this."""

    exit_code = 8


class VerifyError(BoardsError):
    """The device took the image, but holds or runs something else."""

    exit_code = 9


class MissingToolError(BoardsError):
    """A program or package is missing; the message says how to install it."""

    exit_code = 10
