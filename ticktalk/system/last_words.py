"""Prints a command's final error, on streams that may be closed, and prepares these streams."""

import io
import os
import sys

from ticktalk.system import signals

USAGE = 2
INTERNAL = 70
BROKEN_PIPE = 141  # 128 + SIGPIPE, as for any filter whose reader has gone
TRACEBACK = "TICKTALK_TRACEBACK"
told: list[str] = []


def internal(error: Exception) -> int:
    """Report an unexpected error, and return its exit code. With TICKTALK_TRACEBACK set, raise the error
    instead."""
    if signals.received:  # an interrupted import may raise any error
        return interrupted()
    if os.environ.get(TRACEBACK):
        raise error
    if isinstance(error, MemoryError):
        tell("out of memory")
        return INTERNAL
    tell(f"internal error: {type(error).__name__}: {error}; please report it with the output of {TRACEBACK}=1")
    return INTERNAL


def interrupted() -> int:
    """Report that a signal came, and return its exit code."""
    tell("interrupted")
    return signals.exit_code()


def tell(message: str) -> None:
    """Print `error: <message>` as one line on standard error, if that is possible."""
    told.append(message)
    try:
        print("error:", " ".join(message.split()), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass


def streams() -> None:
    """Connect closed standard streams to /dev/null, so that none of our files gets their number. Escape
    characters that a stream cannot encode."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # open returns the lowest free number: this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))
        if isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def reader_left() -> int:
    """The reader of standard output has gone, which is not an error. Returns the exit code."""
    discard_output()
    return BROKEN_PIPE


def discard_output() -> None:
    """Send the rest of a failing standard output to /dev/null; otherwise the interpreter would try again as
    it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
