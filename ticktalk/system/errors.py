"""The base of every room's errors."""


class TicktalkError(Exception):
    """An error that the user or caller can act on: one line that says what is wrong, where, and what to do.

    `exit_code` is the command's exit code (docs/reference/exit-codes.md).
    """

    exit_code = 2
