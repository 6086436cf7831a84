"""Choose the words of a pack's lexicon.

The lexicon contains the most frequent words, and the words that would be mispronounced without an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ticktalk.converter.packs.sources import Entry
from ticktalk.runtime_sim.text.endings import Ending, derived, endings, guessed_stem, spoken, stems

SPELLED = 5  # unknown words in capitals with at least this many letters are read as words (runtime_sim/text/words.py)
COMMON = 2.0  # minimum frequency of inflected words that the sources lack
RARE_READING = 2.6  # minimum frequency (see `frequencies`) of words whose alternative readings are kept


def choose(
    words: dict[str, Entry],
    uses: dict[str, float],
    facts: dict,
    guess: Callable[[Iterable[str]], dict[str, str]],
    most: int,
    always: int,
    short: int,
    spoken_by_rules: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """Return the lexicon, which maps each word, plus the letter of any alternative reading, to phonemes.

    words: all words of the sources.
    uses: frequency of each word, and of other words that may be inflected forms of `words`.
    facts: content of words.toml. Its `readings` replace entries of the lexicon.
    guess: function that returns the network's prediction for each word.
    most: approximate maximum number of lines.
    always: number of most frequent words that are always included, so that most text does not need the network.
    short: the same number for words of fewer than SPELLED letters, which would be spelled out if they were unknown and
    in capitals.
    spoken_by_rules: words such as those of numbers and units, which are checked first, whatever their frequency.
    """
    given: dict[str, str] = facts.get("readings", {})
    tapped, all_endings = facts["sounds"]["tapped"], endings(facts["ending"])
    stem_of = _inflected(words, uses, all_endings)
    said = {word: entry.said for word, entry in words.items()}
    said |= {word: derived(word, all_endings, said.get, tapped) or "" for word in stem_of}
    ranked = sorted(said, key=lambda w: (-uses[w], w))
    guessed = guesses((w for w in ranked if "'" not in w), all_endings, tapped, guess)
    chosen: dict[str, str] = {}

    def listed(word: str) -> str | None:
        return given.get(word) or chosen.get(word)

    def read(word: str) -> str | None:
        return derived(word, all_endings, listed, tapped) or guessed.get(word)

    def take(word: str) -> None:
        chosen[word] = said[word]
        chosen.update({word + letter: other for letter, other in readings.get(word, {}).items()})

    readings = {word: words[word].readings for word in words if words[word].readings and uses[word] >= RARE_READING}
    for word in sorted(spoken_by_rules.intersection(words)):
        if read(word) != said[word]:
            take(word)
    rank, rarest = -1, 0.0
    for word in ranked:
        if len(chosen) >= most:
            rarest = uses[word]
            break
        if word in stem_of:
            if read(word) != said[word]:
                take(stem_of[word])  # add the stem first, because it also helps with other inflected forms
                if read(word) != said[word]:
                    take(word)
            continue
        rank += 1
        if rank < (short if len(word) < SPELLED else always) or word in readings or read(word) != said[word]:
            take(word)
    # A stem chosen later may have changed the pronunciation that is derived for an earlier word.
    for word in ranked:
        often = uses[word] >= max(rarest, 0.1) or word in spoken_by_rules
        if often and word in guessed and word not in chosen and read(word) != said[word]:
            chosen[word] = said[word]
    return dict(sorted(chosen.items()))


def _inflected(words: dict[str, Entry], uses: dict[str, float], all_endings: tuple[Ending, ...]) -> dict[str, str]:
    """Return the common words that are missing from the sources, but consist of a word in the sources and an ending:
    word -> stem."""
    found = {}
    for word in sorted(uses):
        if word not in words and "'" not in word and uses[word] >= COMMON:
            stem = next((s for ending in all_endings for s in stems(word, ending) if s in words), None)
            if stem:
                found[word] = stem
    return found


def guesses(
    words: Iterable[str],
    all_endings: tuple[Ending, ...],
    tapped: str,
    guess: Callable[[Iterable[str]], dict[str, str]],
) -> dict[str, str]:
    """Return the front end's pronunciations of words that have neither an entry nor a stem in the lexicon."""
    taken = {word: guessed_stem(word, all_endings) for word in words}
    read = guess({stem for stem, _ in taken.values()})
    return {
        word: spoken(read[stem], ending, tapped) if ending else read[stem]
        for word, (stem, ending) in taken.items()
        if stem in read
    }
