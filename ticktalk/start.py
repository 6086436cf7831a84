"""The first module that each command imports. From the first statement of this module, signals stop the process with a
one-line message.

Only the entry points import this module. `_signal` and `posix` are built into the interpreter, whereas importing
`signal` would take milliseconds.
"""

import _signal  # type: ignore[import-not-found,unused-ignore]


def _end(number: int, frame: object) -> None:
    """Exit immediately. No resources need to be released yet."""
    import posix

    try:
        posix.write(2, b"error: interrupted\n")
    finally:
        posix._exit(128 + number)


for _number in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP):
    if _signal.getsignal(_number) not in (_signal.SIG_IGN, None):  # nohup ignores SIGHUP; keep it that way
        _signal.signal(_number, _end)


def main() -> None:
    """Run the command `ticktalk`. Always raises SystemExit."""
    from ticktalk.entry import main

    main()


def flash_alone() -> None:
    """Run the command `flash`, an alias of `ticktalk flash`."""
    from ticktalk.entry import flash_alone

    flash_alone()
