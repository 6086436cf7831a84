"""The options `--quiet` and `--verbose`, which every command has and which control the output on standard error."""

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator, Sequence

quiet = False  # print only errors and warnings
verbose = False  # also print library messages and the programs that are run


@contextlib.contextmanager
def chosen(only_errors: bool, everything: bool) -> Iterator[None]:
    """Set the verbosity within the block. Libraries are silenced unless `everything` is set."""
    global quiet, verbose
    before = quiet, verbose
    quiet, verbose = only_errors, everything
    try:
        with contextlib.nullcontext() if everything else quiet_libraries():
            yield
    finally:
        quiet, verbose = before


def tell_command(words: Sequence[str]) -> None:
    """With --verbose, print the command line of a program before it runs."""
    if verbose:
        print("+", shlex.join(words), file=sys.stderr, flush=True)


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Within the block, only this program's own `sys.stderr` reaches standard error.

    TensorFlow, XLA, absl and worker processes write to file descriptor 2 before they read any settings. The block
    redirects that descriptor to /dev/null.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # for worker processes
    outside = sys.stderr
    try:
        outside.flush()
        real, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except (OSError, AttributeError, ValueError):  # standard error is closed
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
