"""Compiled objects are reused between tests, and between runs, where ccache is installed.

Dozens of tests build the same small voice for the same boards, each in a folder of its own. ccache takes an object that
was made from the same text with the same compiler and options, and compiles what differs in anything; warnings that are
errors are never taken from it.
"""

import os
import shutil

from tests.support.paths import ROOT

FOLDER = ROOT / "build" / "ccache"


def install() -> None:
    """Let CMake, in this process and in those that it starts, compile through ccache."""
    program = shutil.which("ccache")
    if not program:
        return
    settings = {
        "CMAKE_C_COMPILER_LAUNCHER": program,
        "CMAKE_CXX_COMPILER_LAUNCHER": program,
        "CCACHE_DIR": str(FOLDER),
        "CCACHE_TEMPDIR": str(FOLDER / "tmp"),  # tests look for what is left in the other
        "CCACHE_MAXSIZE": "500M",
        # Of paths only what leads from the build's folder to the source counts: each test has a folder of its own.
        "CCACHE_BASEDIR": "/",
        "CCACHE_NOHASHDIR": "1",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def launcher() -> list[str]:
    """What to write before a compiler that a test calls itself."""
    program = os.environ.get("CMAKE_C_COMPILER_LAUNCHER")
    return [program] if program else []
