"""Run the programs that check format, style and types."""

import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

BIN = Path(".venv", "bin")
CHECKS = [
    (BIN / "ruff", "format", "--diff", "--quiet", "."),
    (BIN / "ruff", "check", "--quiet", "."),
    ("scripts/types",),
    ("scripts/clang-format-check",),
]


@pytest.mark.skipif(not (ROOT / BIN / "ruff").exists(), reason="needs the extra `check` in .venv: run make check")
@pytest.mark.parametrize("command", CHECKS, ids=[" ".join(map(str, command)) for command in CHECKS])
def test_nothing_is_found_by(command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
