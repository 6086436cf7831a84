"""How much a command tells on standard error: `--quiet` and `--verbose`, the same for every command."""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator, Sequence

quiet = False  # only errors and warnings
verbose = False  # also what libraries write, and the programs that are run


@contextlib.contextmanager
def chosen(only_errors: bool, everything: bool) -> Iterator[None]:
    """While it lasts the command tells that much; unless everything is wanted, libraries are silent."""
    global quiet, verbose
    before = quiet, verbose
    quiet, verbose = only_errors, everything
    try:
        with contextlib.nullcontext() if everything else quiet_libraries():
            yield
    finally:
        quiet, verbose = before


def tell_command(words: Sequence[str]) -> None:
    """Where everything is told: the command line of a program that is about to be run."""
    if verbose:
        print("+", shlex.join(words), file=sys.stderr, flush=True)


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """While it lasts nothing but this program's own `sys.stderr` reaches standard error.

    TensorFlow, XLA and absl write to file descriptor 2 before any setting of theirs is read, and so do worker
    processes; it leads nowhere meanwhile."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of worker processes
    outside = sys.stderr
    try:
        outside.flush()
        real, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except (OSError, AttributeError, ValueError):  # there is no standard error that could be kept clean
        yield
        return
    own = os.fdopen(os.dup(real), "w", buffering=1, encoding=outside.encoding or "utf-8", errors="backslashreplace")
    try:
        os.dup2(nowhere, 2)
        sys.stderr = own
        with _no_warnings():
            yield
    finally:
        sys.stderr = outside
        os.dup2(real, 2)
        with contextlib.suppress(OSError):
            own.close()
        os.close(real)
        os.close(nowhere)


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
