"""The first module of a command: from its first statement on, a signal ends the process with one line.

Only commands import it. `_signal` and `posix` are built into the interpreter; importing `signal` would take
milliseconds.
"""

import _signal  # type: ignore[import-not-found,unused-ignore]


def _end(number: int, frame: object) -> None:
    """Exit at once: nothing is open yet that needs closing."""
    import posix

    try:
        posix.write(2, b"error: interrupted\n")
    finally:
        posix._exit(128 + number)


for _number in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP):
    if _signal.getsignal(_number) not in (_signal.SIG_IGN, None):  # under nohup, SIGHUP stays ignored
        _signal.signal(_number, _end)


def main() -> None:
    """The command `ticktalk`. Always raises SystemExit."""
    from ticktalk.entry import main

    main()


def flash_alone() -> None:
    """The command `flash`, the same as `ticktalk flash`."""
    from ticktalk.entry import flash_alone

    flash_alone()
