"""What native libraries write to standard error by themselves, kept from the screen."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_libraries(verbose: bool = False) -> Iterator[None]:
    """While it lasts nothing but this program's own `sys.stderr` reaches standard error.

    TensorFlow, XLA and absl write to file descriptor 2 before any setting of theirs is read, and so do worker
    processes; it leads nowhere meanwhile. With `verbose` all of it is shown."""
    if verbose:
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        sys.stderr.flush()
        real, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except (OSError, AttributeError, ValueError):  # there is no standard error that could be kept clean
        yield
        return
    outside = sys.stderr
    try:
        own = os.fdopen(os.dup(real), "w", buffering=1, encoding=outside.encoding or "utf-8", errors="backslashreplace")
        os.dup2(nowhere, 2)
        sys.stderr = own
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stderr = outside
        os.dup2(real, 2)
        with contextlib.suppress(OSError):
            own.close()
        os.close(real)
        os.close(nowhere)
