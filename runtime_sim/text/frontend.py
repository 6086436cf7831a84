"""Convert text to phonemes with a language pack. This module is the Python counterpart of the C code on the watch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.fold import Characters
from ticktalk.runtime_sim.text.items import PHONEMES, Item
from ticktalk.runtime_sim.text.match import CAPITALS, MORE, SMALL
from ticktalk.runtime_sim.text.pack import Pack
from ticktalk.runtime_sim.text.scan import Scanner
from ticktalk.runtime_sim.text.stress import PRIMARY
from ticktalk.runtime_sim.text.user.markup import Carried, Event
from ticktalk.runtime_sim.text.user.own import MOST_WORDS, Own, checked
from ticktalk.runtime_sim.text.words import Words
from ticktalk.system.errors import shown

if TYPE_CHECKING:
    from ticktalk.runtime_sim.text.few import FewLetters
    from ticktalk.runtime_sim.text.letters import Letters

FEW = 64  # up to this number of letters, reading without NumPy is faster than importing NumPy
TOGETHER = 64  # number of sentences whose unknown words the network reads together


class Frontend:
    """The front end of one language pack. `order` is the order of fields in numeric dates: "mdy" or "dmy"."""

    def __init__(self, pack: Pack, order: str = "mdy"):
        files = {name: str(file) for name, file in pack.files.items()}
        chunks = pack.manifest["chunks"]
        self.pack = pack
        self.words = Words(pack.words, pack.lexicon, self._guess, files["words"], chunks)
        self.alphabet = self.words.alphabet
        self.sounds = self.words.sounds
        self.characters = Characters(pack.characters, self.alphabet)
        self.scanner = Scanner(
            pack.rules,
            pack.words["sounds"]["letters"],
            files["rules"],
            order,
            self.words,
            {c: self.characters.plain_text(c) for c in self.alphabet if c > "\x7f"},
        )
        self.own: tuple[dict[str, str], ...] = ()
        self.speakers: list[str] = []  # that markup can choose
        self._letters_read = 0  # without NumPy

    @cached_property
    def letters(self) -> Letters:
        """The letter network, which is loaded for the first word that needs it."""
        from ticktalk.runtime_sim.text.letters import Letters

        return Letters(self.pack.letters, self.pack.manifest["chunks"], str(self.pack.files["letters"]))

    @cached_property
    def _few(self) -> FewLetters | None:
        """The letter network without NumPy, or None if the file is corrupt, in which case `letters` reports the
        error."""
        from ticktalk.runtime_sim.text.few import FewLetters

        try:
            return FewLetters(self.pack.network, self.pack.manifest["chunks"])
        except Exception:  # zipfile and array raise many types of exception
            return None

    def _guess(self, words: list[str]) -> list[str]:
        if "numpy" not in sys.modules and sys.byteorder == "little":
            self._letters_read += sum(map(len, words))
            if self._letters_read <= FEW and self._few:
                return self._few.read(words)
        return self.letters.read(words)

    @property
    def symbols(self) -> list[str]:
        """All phonemes and marks that this front end can produce, sorted. A voice must support all of these symbols."""
        words = self.words
        return sorted({*words.alphabet, *words.vowels, *words.consonants, *words.tapped, *words.long, *words.marks})

    @property
    def letters_beyond_ascii(self) -> str:
        """The letters of MORE up to the last one that the pack keeps."""
        kept = self.pack.characters["keep"]
        return MORE[: 1 + max((k for k, c in enumerate(MORE) if c in kept), default=-1)]

    def with_words(self, compiled: dict[str, str], filled: dict[str, str] | None = None) -> Frontend:
        """Return a copy of this front end with custom words added. Each table maps spelling -> phonemes.

        compiled: the words of a `words.toml`. In the firmware, plain words go into the lexicon, where each takes 5
        bytes, and other words go into a separate table.
        filled: the words that an application supplies at run time, which take precedence.

        Raises LanguageError if a word is invalid.
        """
        tables = [self._table(words, kind) for words, kind in ((filled or {}, "filled"), (compiled, "compiled"))]
        plain = {spelling: said for spelling, said in tables[1].items() if self._is_plain(spelling, said)}
        tables[1] = {spelling: said for spelling, said in tables[1].items() if spelling not in plain}
        other = copy(self)
        other.own = tuple(tables)
        other.scanner = copy(self.scanner)
        other.scanner.own = tuple(Own(words) for words in tables if words)
        other.words = self.words.with_own(plain, other.scanner.own)
        return other

    def with_speakers(self, names: list[str]) -> Frontend:
        """Return a copy of this front end whose markup can choose a voice's speakers, or itself if there are none."""
        if not names:
            return self
        other = copy(self)
        other.scanner = copy(self.scanner)
        other.speakers = other.scanner.speakers = names
        return other

    def _is_plain(self, spelling: str, said: str) -> bool:
        """Return whether a word can go into the lexicon, because nothing else in the pack takes precedence over it."""
        words = self.words
        others = (self.scanner.rules.by_word, words.weak, words.spelled, words.lone, words.with_readings)
        return (
            len(spelling) > 2
            and SMALL.issuperset(spelling)
            and PRIMARY in said
            and not any(spelling in other for other in others)
        )

    def _table(self, words: dict[str, str], kind: str) -> dict[str, str]:
        if len(words) > MOST_WORDS:
            raise LanguageError(f"there are {len(words)} {kind} words, but at most {MOST_WORDS} are allowed")
        folded = {self.characters.fold(spelling): phonemes for spelling, phonemes in words.items()}
        for spelling, phonemes in folded.items():
            checked(spelling, phonemes, self.alphabet, self.sounds, f"{kind} word {shown(spelling)}")
        return dict(sorted(folded.items(), key=_specific))

    def items(self, text: str | bytes) -> Iterator[list[Item]]:
        """Yield the words and punctuation marks of each sentence."""
        return self.scanner.sentences(self.characters.fold(text))

    def __call__(self, text: str | bytes) -> list[str]:
        """Return the phonemes of each sentence. `text` is a string or any bytes; valid UTF-8 is not required."""
        return self.read([text])[0]

    def read(self, texts: Iterable[str | bytes]) -> list[list[str]]:
        """Return the phonemes of each sentence of each text.

        The result is the same as if each text were read separately, but the network reads the unknown words of
        many sentences together, which takes less time.
        """
        said: list[list[str]] = []
        waiting: list[list[Item]] = []
        of_text: list[list[str]] = []  # result list to which each waiting sentence belongs

        def finish() -> None:
            for sentences, phonemes in zip(of_text, self.words.read(waiting)):
                if phonemes:
                    sentences.append(phonemes)
            waiting.clear()
            of_text.clear()

        for text in texts:
            said.append([])
            for items in self.items(text):
                waiting.append(items)
                of_text.append(said[-1])
                if len(waiting) == TOGETHER:
                    finish()
        finish()
        return said

    def parts(self, text: str | bytes, markup: bool, carried: Carried | None = None) -> Iterator[list[Item] | Event]:
        """Yield the items of each sentence and, if `markup` is true, the events between them (see user/markup.py).

        carried: between the parts of one text.
        """
        return self.scanner.parts(self.characters.fold(text), markup, carried)

    def events(self, text: str | bytes, carried: Carried | None = None) -> Iterator[str | Event]:
        """Yield the phonemes of each sentence and the markup events between them."""
        for part in self.parts(text, True, carried):
            if isinstance(part, Event):
                yield part
            elif said := self.words.phonemes(part):
                yield said

    def spoken(self, text: str | bytes) -> list[str]:
        """Return the words of each sentence as they are read aloud, for display and for `--json`."""
        return [self.shown(items) for items in self.items(text)]

    @staticmethod
    def shown(items: list[Item]) -> str:
        """Return the words of one sentence for display, with user-supplied phonemes between slashes."""
        return " ".join(f"/{word}/" if flags & PHONEMES else word for word, flags in items)


def _specific(word: tuple[str, str]) -> tuple[int, int, str]:
    """Return a sort key that puts long spellings first and, among equally long ones, those with the most capitals."""
    return -len(word[0]), -sum(c in CAPITALS for c in word[0]), word[0]
