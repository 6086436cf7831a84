"""Score a language pack: its network on words that were not used in training, and its front end on running text."""

from __future__ import annotations

import random
from difflib import SequenceMatcher

from ticktalk.converter.languages.en.sentences import general_sentences
from ticktalk.converter.packs import network, sources
from ticktalk.converter.packs.align import LONGEST, SHORTEST, STRESS
from ticktalk.runtime_sim.phonemizers import phonemizer
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.letters import Letters

JUDGE = "hibari"  # the phonemizer whose readings of running text are considered correct
SENTENCES, SEED = 2000, 1
LIMIT = 100_000  # maximum phonemes per utterance, large enough that no sentence is split
_NO_STRESS = str.maketrans("", "", STRESS)
_NO_MARKS = str.maketrans("—", " ", ';:,.!?…"()“”')


def unseen_words(letters: Letters) -> dict[str, float | int]:
    """Return the network's scores on hand-checked words that were not used in training.

    words: number of words. right: percentage of words that are correct, including stress. phoneme_error: edits per 100
    phonemes, ignoring stress.

    Raises MissingToolError if the package with the lexicons is not installed.
    """
    entries = sources.entries()
    words = [
        word
        for word, entry in entries.items()
        if entry.gold and sources.held_out(word) and "'" not in word and SHORTEST <= len(word) <= LONGEST
    ]
    read = network.guesses(letters, words)
    pairs = [(read[word], entries[word].said) for word in words]
    plain = [(guess.translate(_NO_STRESS), said.translate(_NO_STRESS)) for guess, said in pairs]
    return {
        "words": len(words),
        "right": 100 * sum(guess == said for guess, said in pairs) / len(words),
        "phoneme_error": 100 * sum(edits(*pair) for pair in plain) / sum(len(said) for _, said in plain),
    }


def agreement(frontend: Frontend) -> dict[str, float | int | str]:
    """Return the percentage of tokens in WordNet's examples that the front end and JUDGE read alike, ignoring marks.

    judge: name of JUDGE. tokens: number of tokens. same: percentage that both read alike. Every difference counts as an
    error of the front end.

    Raises MissingToolError if JUDGE or WordNet is not installed.
    """
    judge = phonemizer(JUDGE, LIMIT)
    texts = general_sentences()
    random.Random(SEED).shuffle(texts)
    texts = texts[:SENTENCES]
    same = tokens = 0
    for text, sentences in zip(texts, frontend.read(texts)):
        wanted, heard = _tokens(judge(text)), _tokens(sentences)
        tokens += len(wanted)
        if len(wanted) == len(heard):
            same += sum(a == b for a, b in zip(wanted, heard))
        else:
            same += sum(block.size for block in SequenceMatcher(None, wanted, heard, False).get_matching_blocks())
    return {"judge": JUDGE, "tokens": tokens, "same": 100 * same / tokens}


def _tokens(sentences: list[str]) -> list[str]:
    return " ".join(sentences).translate(_NO_MARKS).split()


def edits(one: str, other: str) -> int:
    """Return the number of characters to insert, remove or replace to turn one string into the other."""
    before = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
        before = row
    return before[-1]
