"""Languages with a training text and held-out sentences for scoring, one folder each.

`language("en-us")` is the module `en/`. For a language without a folder here, provide your own texts for training and
scoring. runtime_sim/phonemizers/ converts the text to phonemes.
"""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Protocol

DEFAULT = "en-us"  # language of a teacher that specifies none


class Language(Protocol):
    """Interface of a language folder's `__init__.py`.

    NAME: the name of the language in English.
    PHONEMIZER: the default phonemizer. A teacher may specify another.
    TEXT_SOURCE: the source of the default text, for the ledger.
    HELD_OUT: the file of sentences on which voices are scored, one per line.
    """

    NAME: str
    PHONEMIZER: str
    TEXT_SOURCE: str
    HELD_OUT: Path

    def default_sentences(self, size: int, seed: int) -> list[str]:
        """Return a training text of `size` sentences, in an order drawn with `seed`.

        Raises MissingToolError if the text's source is not installed.
        """

    def unlike(self, sentences: list[str]) -> str | None:
        """Return why these sentences do not look like this language, or None if they may be in it."""

    def words(self, sentence: str) -> list[str]:
        """Return the spoken words of a sentence in a normalised spelling."""


def codes() -> list[str]:
    """Return the codes of all languages, such as "en"."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def code_of(tag: str) -> str:
    """Return the language code of a tag, without region or variant, such as "en" for "en-GB"."""
    return tag.partition("-")[0].lower()


def language(tag: str) -> Language | None:
    """Return the language module for a tag such as "en-us", or None if the language has no folder here."""
    code = code_of(tag)
    return import_module(f"{__name__}.{code}") if code in codes() else None


def names() -> str:
    """Return the names of all languages, joined by "and"."""
    return " and ".join(found.NAME for code in codes() if (found := language(code)))
