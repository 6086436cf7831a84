"""Languages with a training text and sentences for judging, one folder each.

`language("en-us")` is the module `en/`, or None if there is no folder. For a language without one, you train and judge
with your own text. runtime_sim/phonemizers/ turns the text into phonemes.
"""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Protocol

DEFAULT = "en-us"  # language of a teacher that states none


class Language(Protocol):
    """The contents of a language folder's `__init__.py`.

    NAME: in English.
    PHONEMIZER: the default phonemizer; a teacher may state another.
    TEXT_SOURCE: where its default text is from, for the ledger.
    HELD_OUT: the file of sentences that its voices are judged by, one per line.
    """

    NAME: str
    PHONEMIZER: str
    TEXT_SOURCE: str
    HELD_OUT: Path

    def default_sentences(self, size: int, seed: int) -> list[str]:
        """Return a training text, in an order drawn by `seed`; MissingToolError if its source is not installed."""

    def unlike(self, sentences: list[str]) -> str | None:
        """Return why these sentences do not look like this language, or None if they may be in it."""

    def words(self, sentence: str) -> list[str]:
        """Return the words as heard, in a unique spelling."""


def codes() -> list[str]:
    """Return the codes of all languages, such as "en"."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def code_of(tag: str) -> str:
    """Return the language code of a tag without region or variant: "en" of "en-GB"."""
    return tag.partition("-")[0].lower()


def language(tag: str) -> Language | None:
    """Return the language of a tag such as "en-us", or None if it has no folder here."""
    code = code_of(tag)
    return import_module(f"{__name__}.{code}") if code in codes() else None


def names() -> str:
    """Return the names of all languages, joined by "and"."""
    return " and ".join(found.NAME for code in codes() if (found := language(code)))
