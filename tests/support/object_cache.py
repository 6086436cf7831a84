"""Reuses compiled objects between tests and between runs, if ccache is installed.

Dozens of tests build the same small voice for the same boards, each in its own folder. ccache reuses an object if text,
compiler and options are the same, and otherwise compiles. A compilation that fails, as with -Werror, is never cached.
"""

import os
import shutil

from tests.support.paths import ROOT

FOLDER = ROOT / "build" / "ccache"


def install() -> None:
    """Make CMake compile through ccache, in this process and in its children."""
    program = shutil.which("ccache")
    if not program:
        return
    settings = {
        "CMAKE_C_COMPILER_LAUNCHER": program,
        "CMAKE_CXX_COMPILER_LAUNCHER": program,
        "CCACHE_DIR": str(FOLDER),
        "CCACHE_TEMPDIR": str(FOLDER / "tmp"),  # tests check that the other one stays empty
        "CCACHE_MAXSIZE": "500M",
        # Only paths relative to the build folder count, because each test has its own folder.
        "CCACHE_BASEDIR": "/",
        "CCACHE_NOHASHDIR": "1",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def launcher() -> list[str]:
    """Return the command prefix for a compiler that a test calls directly."""
    program = os.environ.get("CMAKE_C_COMPILER_LAUNCHER")
    return [program] if program else []
