"""Make Numba compile quickly: importing librosa compiles some functions, which takes most of the time of the tests that
use it. They are compiled without optimisation, and kept in `build/numba`, apart from those of the user."""

import os

from tests.support.paths import ROOT


def install() -> None:
    """Configure Numba in this process and its child processes, which must not have imported Numba yet."""
    os.environ.setdefault("NUMBA_OPT", "0")
    os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / "build" / "numba"))
