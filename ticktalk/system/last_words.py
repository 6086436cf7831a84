"""What a command says when it ends in an error, on streams that may be closed; and the streams themselves."""

import io
import os
import sys

from ticktalk.system import signals

USAGE = 2
INTERNAL = 70
BROKEN_PIPE = 141  # 128 + SIGPIPE, as of any filter whose reader has left
TRACEBACK = "TICKTALK_TRACEBACK"
told: list[str] = []


def internal(error: Exception) -> int:
    """Tell of an error that nobody has expected; its exit code. With TICKTALK_TRACEBACK set it is raised instead."""
    if signals.received:  # an import that was interrupted may end in any error
        return interrupted()
    if os.environ.get(TRACEBACK):
        raise error
    if isinstance(error, MemoryError):
        tell("out of memory")
        return INTERNAL
    tell(f"internal error: {type(error).__name__}: {error}; please report it, with what {TRACEBACK}=1 shows")
    return INTERNAL


def interrupted() -> int:
    """Tell that a signal came; its exit code."""
    tell("interrupted")
    return signals.exit_code()


def tell(message: str) -> None:
    """`error: <message>` in one line on standard error, if that can be written."""
    told.append(message)
    try:
        print("error:", " ".join(message.split()), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass


def streams() -> None:
    """Standard streams that are closed lead nowhere, so that no file of ours gets their number; characters that one
    cannot take are escaped."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)
    for name, number in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))
        if isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def reader_left() -> int:
    """Whoever read standard output wants no more, which is no error; the exit code."""
    discard_output()
    return BROKEN_PIPE


def discard_output() -> None:
    """What is left for a standard output that fails goes nowhere: else the interpreter tries once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
