"""Spanish. converter/languages/__init__.py defines the interface of this module."""

from pathlib import Path

from ticktalk.converter.languages.es.sentences import default_sentences, general_sentences, unlike
from ticktalk.converter.languages.es.words import words
from ticktalk.converter.languages.prompts import TEXT_SOURCE

__all__ = ["HELD_OUT", "NAME", "PHONEMIZER", "TEXT_SOURCE", "default_sentences", "general_sentences", "unlike", "words"]

NAME = "Spanish"
PHONEMIZER = "espeak-ng"
HELD_OUT = Path(__file__).parent / "held_out.txt"
