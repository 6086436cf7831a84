"""Compress a lexicon to the format that `lexicon.py` reads."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Collection, Iterable

from ticktalk.firmware_gen.text.codes import written
from ticktalk.firmware_gen.text.lexicon import ALPHABET, KINDS, LETTER, MAGIC, MOST_SHARED, READINGS

BLOCK = 24  # words
LONGEST = 15  # bits per code
LONGEST_CHUNK = 5  # characters, including stress marks

Splits = list[list[tuple[int, str]]]


def compress(lexicon: dict[str, str], chunks: list[str], phonemes: list[str]) -> bytes:
    """Compress `lexicon`, which maps words to phonemes.

    `chunks` lists the phoneme strings that a single letter can represent. `phonemes` is the alphabet for words that are
    stored phoneme by phoneme. Its first entry is the terminator. Words with characters outside ALPHABET are omitted.
    """
    words = sorted((w for w in lexicon if set(w) <= set(ALPHABET)), key=lambda w: [LETTER[c] for c in w])
    others = {w[:-1] for w in words if w[-1] in READINGS}
    numbers = {c: k for k, c in enumerate(chunks)}
    first = {letter: dict.fromkeys(numbers, 7) for letter in ALPHABET[1:28]}
    costs = first
    ways = {w: splits(lexicon[w], numbers) for w in words}
    for _ in range(4):  # alignments and code lengths depend on each other
        aligned = {w: align(w.rstrip(READINGS), ways[w], costs) for w in words}
        counts = {letter: Counter[str]() for letter in ALPHABET[1:28]}
        for w, parts in aligned.items():
            if parts is not None:
                for letter, part in zip(w, parts):
                    counts[letter][part] += 1
        costs = {letter: _costs(count, numbers) for letter, count in counts.items()}
    kinds = {w: (aligned[w] is None) * 2 + (w in others) for w in words}
    tables = {letter: sorted(numbers[part] for part, n in counts[letter].items() if n) for letter in ALPHABET[1:28]}
    part_lengths = {letter: lengths([counts[letter][chunks[k]] for k in tables[letter]]) for letter in ALPHABET[1:28]}
    spelled = Counter(p for w in words if aligned[w] is None for p in [*lexicon[w], phonemes[0]])
    spelled_lengths = lengths([spelled[p] for p in phonemes])
    kind_lengths = lengths([sum(k == kind for k in kinds.values()) for kind in range(KINDS)])
    shares = {w: _shared(words[i - 1], w) if i % BLOCK else 0 for i, w in enumerate(words)}
    share_lengths = lengths(_count((shares[w] for i, w in enumerate(words) if i % BLOCK), MOST_SHARED + 1))
    follows = [Counter[int]() for _ in ALPHABET]
    for w in words:
        for before, c in _steps(w, shares[w]):
            follows[before][c] += 1
    letter_lengths = [lengths([f[c] for c in range(len(ALPHABET))]) for f in follows]

    share_codes, kind_codes, spelled_codes = _all(share_lengths), _all(kind_lengths), _all(spelled_lengths)
    letter_codes = [_all(n) for n in letter_lengths]
    part_codes = {letter: _all(n) for letter, n in part_lengths.items()}
    offsets, body = [], b""
    for start in range(0, len(words), BLOCK):
        bits = ""
        for i, w in enumerate(words[start : start + BLOCK]):
            bits += share_codes[shares[w]] if i else ""
            bits += "".join(letter_codes[before][c] for before, c in _steps(w, shares[w]))
            bits += kind_codes[kinds[w]]
            parts = aligned[w]
            if parts is None:
                bits += "".join(spelled_codes[phonemes.index(p)] for p in [*lexicon[w], phonemes[0]])
            else:
                for letter, part in zip(w, parts):
                    bits += part_codes[letter][tables[letter].index(numbers[part])]
        offsets.append(len(body))
        bits += "0" * (-len(bits) % 8)
        body += int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""
    head = MAGIC + b"".join(n.to_bytes(2, "little") for n in (len(words), BLOCK, len(offsets)))
    head += _nibbles([*kind_lengths, *share_lengths, *spelled_lengths, *(n for ls in letter_lengths for n in ls)])
    for letter in ALPHABET[1:28]:
        head += bytes([len(tables[letter]), *tables[letter]]) + _nibbles(part_lengths[letter])
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
    steps: list[dict[int, tuple[int, str]]] = []  # per letter: end -> (start, chunk) of the cheapest way
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


def _steps(word: str, shared: int) -> Iterable[tuple[int, int]]:
    """Return the (previous letter, letter) pairs to encode for `word`, ending with the terminator."""
    numbers = [0, *(LETTER[c] for c in word), 0]
    return list(itertools.pairwise(numbers))[shared:]


def _count(values: Iterable[int], size: int) -> list[int]:
    counts = Counter(values)
    return [counts[k] for k in range(size)]


def _nibbles(values: list[int]) -> bytes:
    padded = [*values, 0] if len(values) % 2 else values
    return bytes(a << 4 | b for a, b in zip(padded[::2], padded[1::2]))
