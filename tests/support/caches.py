"""Cache folders of tests: each has its own, except that compressed lexicons are shared, because compressing one takes
seconds. Lexicons are named by the hash of their contents and of the code that compresses them."""

import contextlib
from pathlib import Path

from tests.support.paths import ROOT

LEXICONS = ROOT / "build" / "lexicons"


def cache(folder: Path) -> str:
    """Create a cache folder, and return its path for the variable XDG_CACHE_HOME."""
    LEXICONS.mkdir(parents=True, exist_ok=True)
    shared = folder / "ticktalk" / "lexicons"
    shared.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        shared.symlink_to(LEXICONS)
    return str(folder)
