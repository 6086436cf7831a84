"""Report a command's final error, and prepare the standard streams, which may be closed."""

import io
import os
import sys

from ticktalk.system import signals
from ticktalk.system.errors import visible

USAGE = 2
INTERNAL = 70
BROKEN_PIPE = 141  # 128 + SIGPIPE, as for any filter whose reader has exited
TRACEBACK = "TICKTALK_TRACEBACK"
told: list[str] = []


def internal(error: Exception) -> int:
    """Report an unexpected error and return its exit code. If TICKTALK_TRACEBACK is set, raise it instead."""
    if signals.received:  # an interrupted import can raise any error
        return interrupted()
    if os.environ.get(TRACEBACK):
        raise error
    if isinstance(error, MemoryError):
        tell("out of memory")
        return INTERNAL
    tell(f"internal error: {type(error).__name__}: {error}; please report it with the output of {TRACEBACK}=1")
    return INTERNAL


def interrupted() -> int:
    """Report an interruption by a signal, and return its exit code."""
    tell("interrupted")
    return signals.exit_code()


def tell(message: str) -> None:
    """Print `error: <message>` on one line of standard error, if possible. Semicolons separate the lines of a list."""
    told.append(message)
    head, *items = [" ".join(line.split()) for line in message.splitlines() if line.strip()] or [""]
    try:
        print("error:", visible(" ".join([head, "; ".join(items)])).rstrip(), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass


def streams() -> None:
    """Prepare the standard streams.

    Closed streams are connected to /dev/null, so that no other file gets their descriptor. Characters that a stream
    cannot encode are escaped.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # `os.open` returns the lowest free descriptor, which is the closed one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))
        if isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def reader_left() -> int:
    """Return the exit code for the case that standard output was closed, which is not an error."""
    discard_output()
    return BROKEN_PIPE


def discard_output() -> None:
    """Redirect a failing standard output to /dev/null, so that the interpreter does not retry when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
