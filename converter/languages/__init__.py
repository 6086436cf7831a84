"""Languages with a training text and held-out sentences for scoring, each in its own folder.

`language("en-us")` returns the module `en/`. If a language has no folder here, provide your own sentences for training
and scoring. runtime_sim/phonemizers/ converts text to phonemes.
"""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Protocol

DEFAULT = "en-us"  # for teachers that specify no language


class Language(Protocol):
    """Interface of a language folder's `__init__.py`.

    NAME: English name of the language.
    PHONEMIZER: default phonemizer, which a teacher may override.
    TEXT_SOURCE: source of the default text, for the ledger.
    HELD_OUT: file of sentences for scoring voices, one per line.
    """

    NAME: str
    PHONEMIZER: str
    TEXT_SOURCE: str
    HELD_OUT: Path

    def default_sentences(self, size: int, seed: int) -> list[str]:
        """Return a training text of at most `size` sentences in random order, seeded with `seed`.

        Raises MissingToolError if the source of the text is not installed.
        """

    def general_sentences(self) -> list[str]:
        """Return sentences of running text without numbers, always in the same order.

        Raises MissingToolError if the source of the text is not installed.
        """

    def unlike(self, sentences: list[str]) -> str | None:
        """Return the reason why these sentences do not look like this language, or None if they do."""

    def words(self, sentence: str) -> list[str]:
        """Return the spoken words of a sentence with normalised spelling."""


def codes() -> list[str]:
    """Return the codes of all languages that have a folder here, such as "en"."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)


def code_of(tag: str) -> str:
    """Return the language code of a tag, without its region or variant, such as "en" for "en-GB"."""
    return tag.partition("-")[0].lower()


def language(tag: str) -> Language | None:
    """Return the language module for a tag such as "en-us", or None if there is none."""
    code = code_of(tag)
    return import_module(f"{__name__}.{code}") if code in codes() else None


def names() -> str:
    """Return the English names of all languages, joined by "and"."""
    return " and ".join(found.NAME for code in codes() if (found := language(code)))
