"""Run the command line as a user does, in its own process and with its own cache."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support import caches
from tests.support.paths import ROOT


def ticktalk(*arguments, cache: Path, timeout: float = 300) -> subprocess.CompletedProcess:
    """Run `ticktalk arguments...` and return the finished process. Virtual watches keep their flash in subfolders of
    `cache`."""
    environment = os.environ | {"XDG_CACHE_HOME": caches.cache(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "ticktalk", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=timeout,
    )


def assert_refused(done: subprocess.CompletedProcess, code: int, *words: str) -> None:
    """Check that a command was refused with this exit code, an empty standard output and a one-line error.

    The line must contain each of `words`.
    """
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and done.stderr.rstrip().endswith(lines[0]), done.stderr
    assert "Traceback" not in done.stderr and not done.stdout
    for word in words:
        assert word in lines[0], lines[0]
    assert done.returncode == code
