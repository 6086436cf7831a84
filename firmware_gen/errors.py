"""Errors raised by the firmware generator. Exit codes are listed in `docs/reference/exit-codes.md`."""

from ticktalk.system.errors import TicktalkError


class BuildError(TicktalkError):
    """An export or a build failed. The one-line message names the graph and the tensor or file."""

    exit_code = 6


class MissingToolError(TicktalkError):
    """A program or package is missing. The message explains how to install it."""

    exit_code = 10
