"""A small voice that is fast to compute, for tests of a watch that reads text."""

from dataclasses import replace

from tests.support.paths import TINY
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.voice import Voice, load_voice


def talker(pack: str = "en-us") -> Voice:
    """Return the tiny voice with an id for every phoneme in a language pack. Some phonemes share an id."""
    tiny = load_voice(TINY)
    symbols = {symbol: 1 + number % 19 for number, symbol in enumerate(frontend(pack).symbols)}
    phonemes = tiny.manifest["phonemes"] | {"symbols": symbols, "packs": [pack]}
    return replace(tiny, manifest=tiny.manifest | {"phonemes": phonemes})
