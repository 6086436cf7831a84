"""Score a language pack: its network on words that were not used in training, and its front end on running text."""

from __future__ import annotations

import random
from difflib import SequenceMatcher

from ticktalk.converter.languages import language
from ticktalk.converter.packs import network, sources
from ticktalk.converter.packs.align import LONGEST, SHORTEST, STRESS
from ticktalk.converter.packs.entries import entries_of, from_espeak, language_of
from ticktalk.runtime_sim.phonemizers import phonemizer
from ticktalk.runtime_sim.text.frontend import Frontend

SENTENCES, SEED = 2000, 1
LIMIT = 100_000  # maximum phonemes per utterance, large enough that no sentence is split
_NO_STRESS = str.maketrans("", "", STRESS)
_NO_MARKS = str.maketrans("—", " ", ';:,.!?…"()“”')


def unseen_words(frontend: Frontend) -> dict[str, float | int]:
    """Return the network's scores on words of the pack's source that were not used in training.

    words: number of words. right: percentage of words that are correct, including stress. phoneme_error: edits per 100
    phonemes, ignoring stress.

    Raises MissingToolError if the source is not installed.
    """
    entries = entries_of(frontend.pack.manifest, "".join(frontend.pack.words["letters"]))
    words = [
        word
        for word, entry in entries.items()
        if entry.gold and sources.held_out(word) and "'" not in word and SHORTEST <= len(word) <= LONGEST
    ]
    read = network.guesses(frontend.letters, words)
    pairs = [(read[word], entries[word].said) for word in words]
    plain = [(guess.translate(_NO_STRESS), said.translate(_NO_STRESS)) for guess, said in pairs]
    return {
        "words": len(words),
        "right": 100 * sum(guess == said for guess, said in pairs) / len(words),
        "phoneme_error": 100 * sum(edits(*pair) for pair in plain) / sum(len(said) for _, said in plain),
    }


def agreement(frontend: Frontend) -> dict[str, float | int | str] | None:
    """Return the percentage of tokens in the language's general sentences that the front end and its judge read alike,
    ignoring marks. Return None if converter/languages lacks the language.

    judge: the phonemizer whose readings are considered correct. tokens: number of tokens. same: percentage that both
    read alike. Every difference counts as an error of the front end.

    Raises MissingToolError if the judge or the source of the sentences is not installed.
    """
    code = language_of(frontend.pack.manifest)
    known = language(code)
    if known is None:
        return None
    name = f"espeak-ng:{code}" if from_espeak(frontend.pack.manifest) else "hibari"
    judge, texts = phonemizer(name, LIMIT), known.general_sentences()
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
    return {"judge": name, "tokens": tokens, "same": 100 * same / tokens}


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
