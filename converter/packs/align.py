"""Align letters with phonemes. Each letter of a word maps to a chunk of zero to three phonemes.

The method is hard expectation maximisation. Each round finds the most likely alignments under a table of
letter-to-chunk probabilities, and then re-estimates the table from these alignments.
"""

from __future__ import annotations

import math
import random
from collections import Counter

from ticktalk.converter.packs.sources import Entry

STRESS = "ˈˌ"
ROUNDS = 7
SAMPLE = 25_000
LEAST = 40  # minimum number of words in which a chunk must occur
NEVER = -1e9
SHORTEST, LONGEST = 2, 24  # minimum and maximum number of letters in a training word


def phonemes(said: str) -> list[str]:
    """Split a pronunciation into phonemes. A vowel includes any stress mark that precedes it."""
    parts, mark = [], ""
    for c in said:
        if c in STRESS:
            mark = c
        else:
            parts.append(mark + c)
            mark = ""
    return parts


def plain(parts: list[str]) -> list[str]:
    """Return the phonemes without stress marks."""
    return [p.lstrip(STRESS) for p in parts]


def aligned(words: dict[str, Entry]) -> tuple[list[str], dict[str, list[str]]]:
    """Return a sorted list of all chunks, and the chunks of each word, one per letter.

    Words that cannot be aligned or that need a rare chunk are omitted.
    """
    usable = {}
    for word, entry in sorted(words.items()):
        parts = phonemes(entry.said)
        fits = len(word) / 3 <= len(parts) <= 1.6 * len(word) + 1
        if "'" not in word and SHORTEST <= len(word) <= LONGEST and fits:
            usable[word] = parts
    gold = [word for word in usable if words[word].gold]
    sample = random.Random(1).sample(gold, min(SAMPLE, len(gold)))
    table = _diagonal({word: plain(usable[word]) for word in sample})
    for round_ in range(ROUNDS):
        counts: dict[str, Counter] = {}
        for word in sample:
            for letter, chunk in zip(word, best(word, plain(usable[word]), table, round_ < 2) or ()):
                counts.setdefault(letter, Counter())[chunk] += 1
        table = _logarithms(counts)
    found, used = {}, Counter[str]()
    for word, parts in usable.items():
        sizes = best(word, plain(parts), table, False)
        if sizes is None:
            continue
        chunks, at = [], 0
        for chunk in sizes:
            chunks.append("".join(parts[at : at + len(chunk)]))
            at += len(chunk)
        found[word] = chunks
        used.update(chunks)
    kept = {chunk for chunk, n in used.items() if n >= LEAST}
    return sorted(kept), {word: chunks for word, chunks in found.items() if kept.issuperset(chunks)}


def best(word: str, parts: list[str], table: dict, early: bool) -> list[tuple[str, ...]] | None:
    """Return the most likely chunk for each letter, or None if the word cannot be aligned.

    `early` lowers the cost of chunks that are not in the table.
    """
    n, m = len(word), len(parts)
    score: list[list[float]] = [[NEVER] * (m + 1) for _ in range(n + 1)]
    taken = [[0] * (m + 1) for _ in range(n + 1)]
    score[0][0] = 0.0
    for i, letter in enumerate(word):
        known = table.get(letter, {})
        here, following, took = score[i], score[i + 1], taken[i + 1]
        for j in range(max(0, m - 3 * (n - i)), m + 1):
            if here[j] <= NEVER / 2:
                continue
            for size in range(min(3, m - j) + 1):
                chunk = tuple(parts[j : j + size])
                gain = known.get(chunk)
                if gain is None:
                    gain = _unknown(chunk, known, early)
                if here[j] + gain > following[j + size]:
                    following[j + size] = here[j] + gain
                    took[j + size] = size
    if score[n][m] <= NEVER / 2:
        return None
    chunks, j = [], m
    for i in range(n, 0, -1):
        size = taken[i][j]
        chunks.append(tuple(parts[j - size : j]))
        j -= size
    return chunks[::-1]


def _unknown(chunk: tuple[str, ...], known: dict, early: bool) -> float:
    if not chunk:
        return -2.5 if early else -9.0
    if len(chunk) == 1:
        return -11.0
    if not early:
        return -12.0 if len(chunk) == 2 else -15.0
    share = 0.5 if len(chunk) == 2 else 0.4
    return (-7.0 if len(chunk) == 2 else -10.0) + share * sum(known.get((p,), -9.0) for p in chunk)


def _diagonal(words: dict[str, list[str]]) -> dict:
    """Return an initial table.

    The table favours phonemes whose relative position in the pronunciation matches that of the letter in the word.
    """
    near: dict[str, dict[tuple[str, ...], float]] = {}
    for word, parts in words.items():
        for i, letter in enumerate(word):
            found = near.setdefault(letter, {})
            for k, part in enumerate(parts):
                found[part,] = found.get((part,), 0.0) + math.exp(-abs(k - i * len(parts) / len(word)))
    return {letter: {c: math.log(n / sum(found.values())) for c, n in found.items()} for letter, found in near.items()}


def _logarithms(counts: dict[str, Counter]) -> dict:
    """Convert the counts to log probabilities, dropping rare chunks."""
    return {
        letter: {
            chunk: math.log(n / count.total()) for chunk, n in count.items() if n >= 3 and n >= 2e-4 * count.total()
        }
        for letter, count in counts.items()
    }
