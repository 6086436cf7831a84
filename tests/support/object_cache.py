"""Reuse compiled objects between tests and between runs, if ccache is installed.

Dozens of tests build the same small voice for the same boards, each in its own folder. With ccache, an object is reused
if the source text, the compiler and the options are the same. A compilation that fails, for example because of -Werror,
is not cached.
"""

import os
import shutil
import tempfile

from tests.support.paths import ROOT

FOLDER = ROOT / "build" / "ccache"


def install() -> None:
    """Make CMake compile with ccache, in this process and its child processes."""
    program = shutil.which("ccache")
    if not program:
        return
    settings = {
        "CMAKE_C_COMPILER_LAUNCHER": program,
        "CMAKE_CXX_COMPILER_LAUNCHER": program,
        "CCACHE_DIR": str(FOLDER),
        "CCACHE_TEMPDIR": str(FOLDER / "tmp"),  # some tests check their own temporary folder
        "CCACHE_MAXSIZE": "500M",
        # Each test has its own temporary folder, so compare paths in it relative to the build folder. Other paths, such
        # as those of system headers, stay absolute: their relative paths would depend on the depth of that folder.
        "CCACHE_BASEDIR": os.path.realpath(tempfile.gettempdir()),
        "CCACHE_NOHASHDIR": "1",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def launcher() -> list[str]:
    """Return the command prefix for compilers that are called directly by a test."""
    program = os.environ.get("CMAKE_C_COMPILER_LAUNCHER")
    return [program] if program else []
