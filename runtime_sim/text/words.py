"""Convert words to phonemes with the lexicon, endings, spelling and the letter network.

Weak forms and alternative readings depend on the neighbouring words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import copy
from itertools import islice

from ticktalk.runtime_sim.emphasis import LEVELS
from ticktalk.runtime_sim.text import say, stress
from ticktalk.runtime_sim.text.context import Context
from ticktalk.runtime_sim.text.endings import derived, endings, guessed_stem, spoken
from ticktalk.runtime_sim.text.items import (
    CAPITAL,
    CAPITALS,
    JOINED,
    LETTER,
    LEVEL,
    MARK,
    PHONEMES,
    SAID,
    STRONGER,
    Item,
)
from ticktalk.runtime_sim.text.user.own import Own

READINGS = "VNJDP"
EMPHASES = ("", *LEVELS)  # the mark of each level of emphasis
MOST_LETTERS = 32
MOST_KNOWN = 4096  # maximum number of cached predictions, and of cached words derived from stems


class Words:
    """The words of one pack.

    facts: the parsed words.toml. lexicon: word -> phonemes; a letter appended to the word selects another reading.
    guess: the letter network, which returns the phonemes of a list of words.
    chunks: the phoneme strings that the network can assign to a letter.
    """

    def __init__(
        self,
        facts: dict,
        lexicon: dict[str, str],
        guess: Callable[[list[str]], list[str]],
        where: str,
        chunks: Sequence[str] = (),
    ):
        self.chunks = chunks
        self.lexicon = {**lexicon, **facts["readings"]}
        self.guess = guess
        self.context = Context(facts, where)
        self.letters: dict[str, str] = facts["letters"]
        self.ipa: dict[str, str] = facts.get("ipa", {})
        self.weak: dict[str, list[str]] = facts["weak"]
        self.vowels = facts["sounds"]["vowels"]
        self.consonants = facts["sounds"]["consonants"]
        # Words that count as beginning with a consonant ("héros") or a vowel ("oiseau"), whatever their first sound.
        self.aspirated = frozenset(facts["classes"].get("aspirated", ()))
        self.vocalic = frozenset(facts["classes"].get("vocalic", ()))
        self.long = facts["sounds"]["long"]
        self.tapped = facts["sounds"]["tapped"]
        self.endings = endings(facts["ending"])
        self.plural = next(e for e in self.endings if e.letters == facts["capitals"]["plural"])
        self.sounding = frozenset(facts["sounds"]["letters"])  # a word without any of these letters is spelled out
        self.spelled = frozenset(facts["capitals"]["spelled"])
        self.lone = frozenset(facts["capitals"]["lone"])  # read as letter names if capitalised before a pause
        self.short = frozenset(facts["capitals"]["words"])
        self.with_readings = {w[:-1] for w in self.lexicon if w[-1] in READINGS and w[:-1] in self.lexicon}
        self.sounds = self.vowels + self.consonants
        self.marks: str = facts["sounds"].get("marks", "".join(sorted(say.MARKS)))
        self.joins = joins(facts.get("join", []))
        self.alphabet = self._alphabet()
        self.own: tuple[Own, ...] = ()  # in order of precedence
        self.predicted: dict[str, str] = {}  # recent predictions of the network
        self.stemmed: dict[str, str | None] = {}  # recent words that were derived from their stems

    def with_own(self, plain: dict[str, str], own: tuple[Own, ...]) -> Words:
        """Return a copy with the user's words added: `plain` words to the lexicon, and `own` words with precedence over
        everything else."""
        other = copy(self)
        other.lexicon = {**self.lexicon, **plain}
        other.own = own
        other.stemmed = {}
        return other

    def read(self, sentences: Sequence[list[Item]]) -> list[str]:
        """Return the phonemes of each sentence, with spaces between words and each mark after its word.

        The network reads the unknown words of all these sentences together.
        """
        self._predict(self._unread(sentences))
        return [self._sentence(items) for items in sentences]

    def phonemes(self, items: list[Item]) -> str:
        """Return the phonemes of one sentence."""
        return self.read([items])[0]

    def _unread(self, sentences: Sequence[list[Item]]) -> Collection[str]:
        """Return the words that the network must read, except for words that depend on their sentence."""
        wanted: dict[str, None] = {}
        for items in sentences:
            for text, flags in items:
                if flags & (MARK | LETTER | PHONEMES):
                    continue
                small = text.lower()
                if small in self.lexicon or small in self.predicted or small in wanted or small in self.weak:
                    continue
                if len(small) == 1 or text[1:] != small[1:] or self.sounding.isdisjoint(small):
                    continue
                if self._derived(small) is None:
                    wanted[small] = None
        return wanted

    def _sentence(self, items: list[Item]) -> str:
        words = ["" if flags & MARK else "\0" if flags & PHONEMES else text.lower() for text, flags in items]
        written = [flags for text, flags in items if not flags & (MARK | SAID | LETTER | PHONEMES)]
        loud = len(written) > 1 and 4 * sum(bool(f & CAPITALS) for f in written) >= 3 * len(written)
        said: list[str] = [""] * len(items)
        vowel: bool | None = None  # whether the next sound is a vowel; None before a pause
        for k in range(len(items) - 1, -1, -1):
            text, flags = items[k]
            if flags & MARK:
                said[k] = text
                vowel = vowel if text in '“”"()' else None
                continue
            said[k] = self.word(text, flags, words, k, vowel, loud)
            for c in said[k]:
                if c in self.vowels or c in self.consonants:
                    vowel = words[k] in self.vocalic or (c in self.vowels and words[k] not in self.aspirated)
                    break
        self._compounds(items, said)
        return self._line(items, said)

    def _compounds(self, items: list[Item], said: list[str]) -> None:
        """Reduce the stress of compounds: the lighter half of their parts loses its primary stress."""
        k = 0
        while k < len(items):
            end = k + 1
            while end < len(items) and items[end][1] & JOINED:
                end += 1
            parts = [i for i in range(k, end) if said[i]]
            mains = sum(stress.PRIMARY in said[i] for i in parts)
            if len(parts) == 2 and len(items[parts[0]][0]) == 1:
                said[parts[1]] = stress.lighter(said[parts[1]])
            elif len(parts) > 1 and mains > (len(parts) + 1) // 2:
                heavy = sorted(parts, key=lambda i: (stress.PRIMARY in said[i], self.weight(said[i]), i))
                for i in heavy[: len(parts) // 2]:
                    said[i] = stress.lighter(said[i])
            k = end

    def weight(self, said: str) -> int:
        """Return the weight of a part of a compound: its number of phonemes, counting long ones twice."""
        return sum(2 if c in self.long else 1 for c in said)

    def _line(self, items: list[Item], said: list[str]) -> str:
        """Join words and marks: marks attach to the previous word, opening marks to the next."""
        line = ""
        opened = False
        for (text, flags), sounds in zip(items, said):
            if not sounds:
                continue
            if flags & MARK and text not in "(“":
                if line and line[-1] in ",;:—" and text in ",;:—":
                    continue
                if (line and line[-1] not in ".!?…") or text in "”)":
                    line += (" " if text == "—" else "") + sounds
                opened = False
                continue
            if self.joins:
                line, sounds = self._joined(line, sounds)
            if level := flags >> LEVEL:
                sounds = stress.emphasised(sounds, EMPHASES[level], self.vowels, self.consonants)
            line += ("" if not line or opened or flags & JOINED else " ") + sounds
            opened = bool(flags & MARK)
        return line.strip(" ")

    def _joined(self, line: str, said: str) -> tuple[str, str]:
        """Return a line and the word after it with the phonemes that meet replaced as the pack's joins require."""
        if line and line[-1] in self.sounds:
            k = len(said) - len(said.lstrip(stress.PRIMARY + stress.SECONDARY))
            last, first = line[-1], said[k : k + 1]
            found = self.joins.get((last, first)) or self.joins.get(("", first))
            if found:
                return line[:-1] + (found[0] or last), said[:k] + found[1] + said[k + 1 :]
        return line, said

    def word(self, text: str, flags: int, words: list[str], at: int, vowel: bool | None, loud: bool) -> str:
        """Return the phonemes of one word of a sentence."""
        small = words[at]
        if flags & PHONEMES:
            return text
        if flags & LETTER:
            return self.spell(small)
        if self.own and (given := self.given(text)):
            return given
        if len(words) == 1 and len(small) == 1:
            return self.letters.get(small, "")
        if flags & CAPITALS and not loud and (small in self.spelled or (len(small) <= 2 and small not in self.short)):
            return self.spell(small)
        if small in self.lone and text != small and at > 0 and vowel is None:
            return self.letters[small]
        weak = self.weak.get(small)
        if weak:
            strong = vowel is None or (flags & STRONGER and weak[0] == weak[1])
            return weak[2 if strong else 0 if vowel else 1]
        said = self.look_up(text, small, words, at, vowel, flags)
        if said is None:
            said = self._unknown(text, small, flags, loud)
        if flags & CAPITAL:
            return stress.capital(said, self.vowels)
        if flags & CAPITALS:
            return stress.capitals(said, self.vowels)
        return said

    def look_up(self, text: str, small: str, words: list[str], at: int, vowel: bool | None, flags: int) -> str | None:
        """Return the phonemes of a word found in the lexicon or derived from its stem, or None.

        If the word has several readings, the context selects one.
        """
        if small in self.with_readings:
            if vowel is None and small + "P" in self.lexicon:
                return self.lexicon[small + "P"]
            letter = self.context.reading(small, lambda c: small + c in self.lexicon, words, at, bool(flags & CAPITAL))
            if letter:
                return self.lexicon[small + letter]
        said = self.lexicon.get(small)
        if said is not None:
            return said

        def stem(word: str) -> str | None:
            common = 0
            while common < min(len(word), len(small)) and word[common] == small[common]:
                common += 1
            return self.given(text[:common] + word[common:]) or self.lexicon.get(word)

        return derived(small, self.endings, stem, self.tapped) if self.own else self._derived(small)

    def _derived(self, small: str) -> str | None:
        """Return the phonemes of a word derived from its stem in the lexicon, or None. Recent results are cached."""
        if small in self.stemmed:
            return self.stemmed[small]
        if len(self.stemmed) >= MOST_KNOWN:
            self.stemmed.clear()
        said = self.stemmed[small] = derived(small, self.endings, self.lexicon.get, self.tapped)
        return said

    def from_ipa(self, said: str) -> str:
        """Convert IPA to the pack's alphabet. Symbols that the pack does not list are left unchanged."""
        out, i = "", 0
        while i < len(said):
            size = next(
                n for n in range(max(map(len, self.ipa), default=1), -1, -1) if not n or said[i : i + n] in self.ipa
            )
            out += self.ipa[said[i : i + size]] if size else said[i]
            i += size or 1
        return out

    def given(self, text: str) -> str | None:
        """Return the user's pronunciation of a word, or None."""
        return next((said for own in self.own if (said := own.word(text))), None)

    def _alphabet(self) -> str:
        """Return the pack's phonemes, the stress marks and the space, sorted."""
        said = [*self.lexicon.values(), *self.letters.values(), *self.chunks, " ˈˌ"]
        said += [form for forms in self.weak.values() for form in forms]
        said += [say for e in self.endings for _, say in e.say] + [e.put for e in self.endings]
        return "".join(sorted(set("".join(said)) - say.MARKS))

    def _unknown(self, text: str, small: str, flags: int, loud: bool) -> str:
        if flags & CAPITALS:
            if (len(small) < 5 and not loud) or not self.sounding & set(small):
                return self.spell(small)
        elif len(small) == 1:
            return self.letters.get(small, "")
        elif text != small and text[1:] != text[1:].lower():
            parts = humps(text)
            if parts[-1] in ("s", "'s") and parts[0].isupper():
                return spoken(self.spell(parts[0].lower()), self.plural, self.tapped)
            if len(parts) > 1:
                return "".join(self.part(p) for p in parts)
        if not self.sounding & set(small):
            return self.spell(small)
        return self.predict(small)

    def part(self, text: str) -> str:
        """Return the phonemes of one part of a mixed-case word."""
        small = text.lower()
        if len(text) > 1 and text.isupper() and small not in self.lexicon:
            return self.spell(small)
        return self.lexicon.get(small) or (self.letters.get(small, "") if len(small) == 1 else self.predict(small))

    def spell(self, small: str) -> str:
        """Return the names of the letters, joined into one word."""
        return stress.spelled([self.letters[c] for c in small if c in self.letters])

    def predict(self, small: str) -> str:
        """Return the network's phonemes for a word. Recent results are cached."""
        said = self.predicted.get(small)
        return self._predict([small])[0] if said is None else said

    def _predict(self, words: Collection[str]) -> list[str]:
        """Return the phonemes of several words whose stems the network reads, and remember them."""
        pieces, counts, added = [], [], []
        for word in words:
            stem, ending = guessed_stem(word, self.endings)
            added.append(ending)
            letters = stem.replace("'", "")
            pieces += [letters[i : i + MOST_LETTERS] for i in range(0, len(letters), MOST_LETTERS)]
            counts.append(-(-len(letters) // MOST_LETTERS))
        parts = iter(self.guess(pieces) if pieces else ())
        read = ["".join(islice(parts, count)) for count in counts]
        said = [spoken(stem, ending, self.tapped) if ending else stem for stem, ending in zip(read, added)]
        if len(self.predicted) + len(said) > MOST_KNOWN:
            self.predicted.clear()
        self.predicted.update(zip(words, said))
        return said


def joins(facts: list[dict]) -> dict[tuple[str, str], tuple[str, str]]:
    """Return a pack's joins: (last phoneme of a word or "" for any, first phoneme of the next) -> their replacements.

    An entry has `last` and `first`, the phonemes that meet, and `becomes`, what replaces each `first`. `end` replaces
    the last phoneme. The entries for particular last phonemes come before the others.
    """
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for entry in facts:
        for last in entry.get("last") or [""]:
            for first, becomes in zip(entry["first"], entry["becomes"]):
                found.setdefault((last, first), (entry.get("end", ""), becomes))
    return found


def humps(text: str) -> list[str]:
    """Split a word before each capital that follows a lower-case letter, and before the last capital of a run."""
    parts, start = [], 0
    for k in range(1, len(text)):
        before, here = text[k - 1], text[k]
        if (
            (before.islower() and here.isupper())
            or (
                before.isupper()
                and here.isupper()
                and k + 1 < len(text)
                and text[k + 1].islower()
                and text[k + 1] != "s"
            )
            or (before.isupper() and k > 1 and text[k:] in ("s", "'s") and text[:k].isupper())
        ):
            parts.append(text[start:k])
            start = k
    return [*parts, text[start:]]
