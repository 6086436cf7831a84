"""Errors in communication between host and watch, each with its exit code (docs/reference/exit-codes.md)."""

from ticktalk.system.errors import TicktalkError


class BoardsError(TicktalkError):
    """The base class. The message is one line that states the problem, the location and the remedy."""

    exit_code = 8


class BoardError(BoardsError):
    """A board file is invalid, or there is no such board."""

    exit_code = 5


class ImageError(BoardsError):
    """An image cannot be created, does not fit the board, or is damaged."""

    exit_code = 6


class PortError(BoardsError):
    """There is no port, there are several ports, the port is busy, or you lack permission to open it."""

    exit_code = 7


class DeviceError(BoardsError):
    """The device does not respond, is not the expected one, or violates the protocol."""

    exit_code = 8


class UnpluggedError(DeviceError):
    """The port disappeared while in use, or did not come back in time."""


class OverdueError(BoardsError):
    """The deadline for the whole update has passed.

    This is not a `DeviceError`, because code that retries after a `DeviceError` must not retry after this error.
    """

    exit_code = 8


class VerifyError(BoardsError):
    """The device accepted the image, but holds or runs a different one."""

    exit_code = 9


class MissingToolError(BoardsError):
    """A program or package is missing. The message explains how to install it."""

    exit_code = 10
