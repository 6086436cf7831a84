"""Where a command starts, before anything heavy is imported: standard streams that are closed or cannot take every
character, signals, and the last errors that nothing else has caught."""

import io
import os
import sys

from ticktalk.system import signals

USAGE = 2
INTERNAL = 70
BROKEN_PIPE = 141  # 128 + SIGPIPE, as of any filter whose reader has left
TRACEBACK = "TICKTALK_TRACEBACK"


def main(arguments: list[str] | None = None) -> None:
    """The command `ticktalk`. Always ends in SystemExit."""
    signals.install()
    code = INTERNAL
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
    finally:
        signals.ignore()  # what the interpreter tidies up at its end is not broken off
    sys.exit(code)


def flash_alone() -> None:
    """The command `flash`: the same as `ticktalk flash`."""
    main(["flash", *sys.argv[1:]])


def _run(arguments: list[str]) -> int:
    try:
        streams()
        from ticktalk.cli import app

        code = 0
        try:
            app(arguments, prog_name="ticktalk")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else USAGE if end.code else 0
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        tell("interrupted")
        return signals.exit_code()
    except BrokenPipeError:
        return reader_left()
    except OSError as error:
        _discard_output()
        tell(f"standard output: {error.strerror or error}")
        return USAGE
    except Exception as error:
        return internal(error)


def internal(error: Exception) -> int:
    """Tell of an error that nobody has expected; its exit code. With TICKTALK_TRACEBACK set it is raised instead."""
    if signals.received:  # an import that was interrupted may end in any error
        tell("interrupted")
        return signals.exit_code()
    if os.environ.get(TRACEBACK):
        raise error
    if isinstance(error, MemoryError):
        tell("out of memory")
        return INTERNAL
    tell(f"internal error: {type(error).__name__}: {error}; please report it, with what {TRACEBACK}=1 shows")
    return INTERNAL


def tell(message: str) -> None:
    """`error: <message>` in one line on standard error, if that can be written."""
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
    _discard_output()
    return BROKEN_PIPE


def _discard_output() -> None:
    """What is left for a standard output that fails goes nowhere: else the interpreter tries once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
