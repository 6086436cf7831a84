"""Paths that tests use."""

from pathlib import Path

SUPPORT = Path(__file__).parent
TESTS = SUPPORT.parent
ROOT = TESTS.parent
TINY = TESTS / "data" / "tiny-voice"
