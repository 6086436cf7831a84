"""Languages that have a text to train on and sentences to be judged by: one folder each, found by its name.

`language("en-us")` is what `en/` says of English, None where there is no folder. A language without one is trained and
judged with a text of one's own; how its text becomes phonemes is the business of runtime_sim/phonemizers/.
"""

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Protocol

DEFAULT = "en-us"  # what a teacher speaks that says nothing else


class Language(Protocol):
    """What the folder of a language has in its `__init__.py`.

    NAME: in English. PHONEMIZER: that it is phonemised by unless a teacher says otherwise. TEXT_SOURCE: where its
    default text is from, as a ledger records it. HELD_OUT: the file of the sentences that its voices are judged by, a
    sentence a line."""

    NAME: str
    PHONEMIZER: str
    TEXT_SOURCE: str
    HELD_OUT: Path

    def default_sentences(self, size: int, seed: int) -> list[str]:
        """A text to train on, in an order drawn by `seed`; MissingToolError where its source is not installed."""

    def unlike(self, sentences: list[str]) -> str | None:
        """Why these sentences are hardly of this language, in words; None where they may be."""

    def words(self, sentence: str) -> list[str]:
        """The words one hears, spelled in one way."""


def codes() -> list[str]:
    """The languages that there are: "en" and so on."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def code_of(tag: str) -> str:
    """The language of a tag without region or variant: "en" of "en-GB"."""
    return tag.partition("-")[0].lower()


def language(tag: str) -> Language | None:
    """The language of a tag such as "en-us"; None where it has no folder here."""
    code = code_of(tag)
    return import_module(f"{__name__}.{code}") if code in codes() else None


def names() -> str:
    """The languages that there are, in words."""
    return " and ".join(found.NAME for code in codes() if (found := language(code)))
