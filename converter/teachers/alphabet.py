"""The phoneme alphabet of hibari, which every teacher without one of its own is written in."""

import json
from functools import cache
from pathlib import Path

from ticktalk.converter.errors import MissingToolError
from ticktalk.system.installing import pip_install

INSTALL = pip_install("corpus")


@cache
def symbols() -> dict[str, int]:
    """Phoneme symbol -> id, hibari's own table."""
    return json.loads(Path(hibari_voices().ASSETS, "vocab.json").read_text(encoding="utf-8"))


def hibari_voices():
    """The module hibari.voices; MissingToolError where the package is not installed."""
    try:
        import hibari.voices
    except ImportError as error:
        raise MissingToolError(f"hibari needs the package {error.name}: {INSTALL}") from None
    return hibari.voices
