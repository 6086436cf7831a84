"""Compress a lexicon to the format that `lexicon.py` reads."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import numpy as np

from ticktalk.firmware_gen.text.clusters import grouped
from ticktalk.firmware_gen.text.codes import written
from ticktalk.firmware_gen.text.lexicon import (
    KINDS,
    MAGIC,
    MOST_SHARED,
    READINGS,
    Alphabet,
)
from ticktalk.runtime_sim.text.match import ASCII

BLOCK = 24  # words
LONGEST = 15  # bits per code
LONGEST_CHUNK = 5  # characters, including stress marks
MOST_GROUPS = 16  # codes per letter; the number of a code takes four bits

Splits = list[list[tuple[int, str]]]


def compress(lexicon: dict[str, str], chunks: list[str], phonemes: list[str], letters: str = ASCII) -> bytes:
    """Compress `lexicon`, which maps words to phonemes.

    `chunks` lists the phoneme strings that a single letter can represent. `phonemes` is the alphabet for words that are
    stored phoneme by phoneme. The first entry of `phonemes` is the terminator. `letters` is the pack's
    alphabet. Words with other characters are omitted.
    """
    alphabet = Alphabet(letters)
    words = sorted(
        (w for w in lexicon if set(w) <= set(alphabet.characters)), key=lambda w: [alphabet.number[c] for c in w]
    )
    others = {w[:-1] for w in words if w[-1] in READINGS}
    numbers = {c: k for k, c in enumerate(chunks)}
    speaking = alphabet.characters[1 : alphabet.speaking + 1]
    first = {letter: dict.fromkeys(numbers, 7) for letter in speaking}
    costs = first
    ways = {w: splits(lexicon[w], numbers) for w in words}
    for _ in range(4):  # alignments and code lengths depend on each other
        aligned = {w: align(w.rstrip(READINGS), ways[w], costs) for w in words}
        counts = {letter: Counter[str]() for letter in speaking}
        for w, parts in aligned.items():
            if parts is not None:
                for letter, part in zip(w, parts):
                    counts[letter][part] += 1
        costs = {letter: _costs(count, numbers) for letter, count in counts.items()}
    kinds = {w: (aligned[w] is None) * 2 + (w in others) for w in words}
    uses = np.zeros((alphabet.speaking, alphabet.contexts, len(chunks)), int)
    for w, parts in aligned.items():
        for k, context, number in _speaking(w, parts, numbers, alphabet):
            uses[k, context, number] += 1
    groups = [grouped(uses[letter], MOST_GROUPS) for letter in range(alphabet.speaking)]
    tables = [_tables(uses[letter], groups[letter]) for letter in range(alphabet.speaking)]
    spelled = Counter(p for w in words if aligned[w] is None for p in [*lexicon[w], phonemes[0]])
    spelled_lengths = lengths([spelled[p] for p in phonemes])
    kind_lengths = lengths([sum(k == kind for k in kinds.values()) for kind in range(KINDS)])
    shares = {w: _shared(words[i - 1], w) if i % BLOCK else 0 for i, w in enumerate(words)}
    share_lengths = lengths(_count((shares[w] for i, w in enumerate(words) if i % BLOCK), MOST_SHARED + 1))
    steps = {w: _steps(w, shares[w], words[i - 1] if i % BLOCK else None, alphabet) for i, w in enumerate(words)}
    follows = np.zeros((alphabet.places, len(alphabet.characters)), int)
    for context, c in itertools.chain.from_iterable(steps.values()):
        follows[context, c] += 1
    letter_group = grouped(follows, alphabet.places)
    letter_lengths = [lengths(n.tolist()) for n in _sums(follows, letter_group)]

    share_codes, kind_codes, spelled_codes = _all(share_lengths), _all(kind_lengths), _all(spelled_lengths)
    letter_codes = [_all(n) for n in letter_lengths]
    part_codes = [[dict(zip(symbols, _all(bits))) for symbols, bits in each] for each in tables]
    offsets, body = [], b""
    for start in range(0, len(words), BLOCK):
        bits = ""
        for i, w in enumerate(words[start : start + BLOCK]):
            bits += share_codes[shares[w]] if i else ""
            bits += "".join(letter_codes[letter_group[context]][c] for context, c in steps[w])
            bits += kind_codes[kinds[w]]
            if aligned[w] is None:
                bits += "".join(spelled_codes[phonemes.index(p)] for p in [*lexicon[w], phonemes[0]])
            for k, context, number in _speaking(w, aligned[w], numbers, alphabet):
                bits += part_codes[k][groups[k][context]][number]
        offsets.append(len(body))
        bits += "0" * (-len(bits) % 8)
        body += int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""
    head = MAGIC + b"".join(n.to_bytes(2, "little") for n in (len(words), BLOCK, len(offsets)))
    head += _nibbles([*kind_lengths, *share_lengths, *spelled_lengths])
    head += bytes([*letter_group, len(letter_lengths)]) + _nibbles([n for bits in letter_lengths for n in bits])
    for each, group in zip(tables, groups):
        head += _nibbles(group) + bytes([len(each)])
        for symbols, sizes in each:
            head += bytes([len(symbols), *symbols]) + _nibbles(sizes)
    return head + b"".join(o.to_bytes(3, "little") for o in offsets) + body


def splits(said: str, chunks: Collection[str]) -> Splits:
    """Return, for each position in `said`, the chunks that begin there and the positions where they end."""
    ends = range(len(said) + 1)
    return [[(end, said[at:end]) for end in ends[at : at + LONGEST_CHUNK + 1] if said[at:end] in chunks] for at in ends]


def align(word: str, ways: Splits, costs: dict[str, dict[str, int]]) -> list[str] | None:
    """Return the cheapest assignment of one chunk to each letter of `word`, or None if there is none.

    `ways` holds the splits of the phonemes. `costs` holds the cost of each chunk in bits, by letter.
    """
    best, final = {0: 0}, len(ways) - 1
    steps: list[dict[int, tuple[int, str]]] = []  # per letter: end -> (start, chunk) of the cheapest split
    for letter in word:
        price = costs[letter]
        following: dict[int, int] = {}
        step: dict[int, tuple[int, str]] = {}
        for at, cost in best.items():
            for end, chunk in ways[at]:
                total = cost + price[chunk]
                if end not in following or following[end] > total:
                    following[end], step[end] = total, (at, chunk)
        best = following
        steps.append(step)
    if final not in best:
        return None
    parts, at = [], final
    for step in reversed(steps):
        at, chunk = step[at]
        parts.append(chunk)
    return parts[::-1]


def lengths(counts: list[int]) -> list[int]:
    """Return the length in bits of each symbol's Huffman code: at most LONGEST, and 0 if the symbol is unused."""
    heap = [(n, k, [k]) for k, n in enumerate(counts) if n]
    bits = [0] * len(counts)
    if len(heap) == 1:
        bits[heap[0][1]] = 1
        return bits
    heapq.heapify(heap)
    while len(heap) > 1:
        (a, i, one), (b, _, other) = heapq.heappop(heap), heapq.heappop(heap)
        for k in one + other:
            bits[k] += 1
        heapq.heappush(heap, (a + b, i, one + other))
    if max(bits, default=0) > LONGEST:
        return lengths([(n + 1) // 2 + max(counts) // 2048 if n else 0 for n in counts])
    return bits


def _all(bits: list[int]) -> list[str]:
    return [written(s, bits) if n else "" for s, n in enumerate(bits)]


def _costs(count: Counter[str], chunks: dict[str, int]) -> dict[str, int]:
    used = [part for part, n in count.items() if n]
    bits = dict(zip(used, lengths([count[part] for part in used])))
    return {part: bits.get(part, 18) for part in chunks}


def _shared(before: str, word: str) -> int:
    k = 0
    while k < min(len(before), len(word), MOST_SHARED) and before[k] == word[k]:
        k += 1
    return k


def _steps(word: str, shared: int, before: str | None, alphabet: Alphabet) -> list[tuple[int, int]]:
    """Return the (context, letter) pairs to encode for `word`, ending with the terminator.

    `before` is the previous word of the block. The letter at the same position in `before` is the context of the first
    letter.
    """
    numbers = [0, *(alphabet.number[c] for c in word), 0]
    steps = list(itertools.pairwise(numbers))[shared:]
    if before is not None:
        replaced = alphabet.number[before[shared]] if shared < len(before) else 0
        steps[0] = len(alphabet.characters) + replaced, steps[0][1]
    return steps


def _speaking(
    word: str, parts: list[str] | None, numbers: dict[str, int], alphabet: Alphabet
) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each letter that can have a chunk, its context, and the number of its chunk."""
    letters = [alphabet.number[c] for c in word]
    stressed = False
    for k, part in enumerate(parts or ()):
        yield letters[k] - 1, alphabet.chunk_context(letters, k, stressed), numbers[part]
        stressed |= "ˈ" in part


def _tables(uses: np.ndarray, group: list[int]) -> list[tuple[list[int], list[int]]]:
    """Return the symbols of each group's code and their lengths in bits."""
    return [(np.flatnonzero(n).tolist(), lengths(n[np.flatnonzero(n)].tolist())) for n in _sums(uses, group)]


def _sums(uses: np.ndarray, group: list[int]) -> list[np.ndarray]:
    """Return the counts of each group of contexts."""
    return [uses[np.array(group) == k].sum(0) for k in range(max(group) + 1)]


def _count(values: Iterable[int], size: int) -> list[int]:
    counts = Counter(values)
    return [counts[k] for k in range(size)]


def _nibbles(values: list[int]) -> bytes:
    padded = [*values, 0] if len(values) % 2 else values
    return bytes(a << 4 | b for a, b in zip(padded[::2], padded[1::2]))
