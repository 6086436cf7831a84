"""Being asked to end: SIGTERM and SIGHUP are treated as Ctrl-C is, so that whatever is open is closed."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN = 0.02  # seconds
received: list[int] = []  # numbers, in their order


class Ended(KeyboardInterrupt):
    """SIGTERM or SIGHUP came."""


def install() -> None:
    """Have the signals raise KeyboardInterrupt in the main thread. One that is ignored (nohup) stays so."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDING:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, _raise)
    signal.signal(signal.SIGALRM, _raise_again)
    sys.unraisablehook = _unraisable


def run(main: Callable[[], int | None]) -> int:
    """What a program of its own does: the exit status of `main`, after which nothing is left open or lying about; 128 +
    n when signal n broke it off."""
    install()
    try:
        return main() or 0
    except KeyboardInterrupt:
        return exit_code()
    finally:
        ignore()


def ignore() -> None:
    """From now on none of them breaks anything off."""
    for number in (*ENDING, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def exit_code() -> int:
    """128 + the number of the signal that came first; of Ctrl-C where none was counted."""
    return 128 + (received[0] if received else signal.SIGINT)


def _raise(number: int, frame: FrameType | None) -> None:
    received.append(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_IGN)  # one is enough: a second one would break off the tidying up
    raise Ended


def _raise_again(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """An interruption that came in a destructor, where Python drops it, comes again a moment later."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
    else:
        sys.__unraisablehook__(lost)
