"""The base class of all errors, and the formatting of values in their messages."""


def shown(value: object) -> str:
    """Format a value from a file for a message, on one line and shortened."""
    try:
        text = repr(value)
    except ValueError:
        return "a number with thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


def visible(text: str) -> str:
    """Return external text with its control characters, which a terminal would obey, as escapes. Lines are kept."""
    return "".join(c if (c >= " " and not "\x7f" <= c < "\xa0") or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


class TicktalkError(Exception):
    """An error that the user or caller can act on: one line with the problem, its location and the remedy.

    `exit_code` is the command's exit code (docs/reference/exit-codes.md).
    """

    exit_code = 2
