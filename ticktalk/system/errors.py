"""The base of every room's errors."""


class TicktalkError(Exception):
    """What a user or caller can do something about: one line that says what is wrong, where, and what to do.

    `exit_code` is what the command line ends with (docs/reference/exit-codes.md).
    """

    exit_code = 2
