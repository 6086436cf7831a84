"""The tiny voice with stress, and so with marks of emphasis."""

from dataclasses import replace

from tests.support.paths import TINY
from ticktalk.runtime_sim.text.stress import PRIMARY
from ticktalk.runtime_sim.voice import Voice, load_voice


def emphatic(voice: Voice | None = None, stress: int = 2, symbol: str = PRIMARY) -> Voice:
    """Return the voice, by default the tiny one, with primary stress, or `symbol`, as one more symbol.

    stress: its id.
    """
    voice = voice or load_voice(TINY)
    phonemes = voice.manifest["phonemes"]
    symbols = phonemes["symbols"] | {symbol: stress}
    return replace(voice, manifest=voice.manifest | {"phonemes": phonemes | {"symbols": symbols}})
