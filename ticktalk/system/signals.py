"""Handle SIGTERM and SIGHUP like Ctrl-C, so that all open resources are released."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN = 0.02  # seconds
received: list[int] = []  # signal numbers in order of arrival


class Ended(KeyboardInterrupt):
    """SIGTERM or SIGHUP was received."""


def install() -> None:
    """Make the signals raise KeyboardInterrupt in the main thread. Ignored signals (nohup) stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDING:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, _raise)
    signal.signal(signal.SIGALRM, _raise_again)
    sys.unraisablehook, sys.excepthook = _unraisable, _uncaught


def run(main: Callable[[], int | None]) -> int:
    """Run `main` as a program and return its exit status, or 128 + n if signal n interrupted it.

    All resources are released before it returns.
    """
    install()
    try:
        return main() or 0
    except KeyboardInterrupt:
        return exit_code()
    finally:
        ignore()


def ignore() -> None:
    """Ignore these signals from now on."""
    for number in (*ENDING, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def exit_code() -> int:
    """Return 128 + the number of the first signal, or of SIGINT if none was recorded."""
    return 128 + (received[0] if received else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    received.append(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_IGN)  # a second signal would interrupt the clean-up
    raise Ended


def _raise_again(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """Raise a KeyboardInterrupt again if it occurred in a destructor, where Python discards it."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
    else:
        sys.__unraisablehook__(lost)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print no traceback of a KeyboardInterrupt.

    NumPy prints every error that interrupts the import of its C modules before it raises an ImportError.
    """
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
