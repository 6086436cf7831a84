"""Translate espeak-ng's phonemes to Kokoro's. In Kokoro's alphabet, some diphthongs and affricates are single letters.

The letters are those of misaki, the front end with which Kokoro was trained.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

JOINED = {
    "aɪ": "I",
    "aʊ": "W",
    "dz": "ʣ",
    "dʒ": "ʤ",
    "eɪ": "A",
    "oʊ": "O",
    "ts": "ʦ",
    "tʃ": "ʧ",
    "ɔɪ": "Y",
    "əʊ": "Q",
}


@dataclass(frozen=True)
class Letter:
    """A letter of Kokoro's alphabet, and the number of espeak-ng's symbols that it stands for."""

    name: str
    count: int


def letters(phonemes: str, known: Collection[str]) -> list[Letter]:
    """Return the letters for a phoneme string. A symbol that is not `known` has no sound of its own: it belongs to the
    preceding letter, or is omitted at the start."""
    found: list[Letter] = []
    at = 0
    while at < len(phonemes):
        pair = phonemes[at : at + 2]
        if pair in JOINED:
            found.append(Letter(JOINED[pair], 2))
        elif pair[0] in known:
            found.append(Letter(pair[0], 1))
        elif found:
            found[-1] = Letter(found[-1].name, found[-1].count + 1)
        at += 2 if pair in JOINED else 1
    return found


def divided(durations: np.ndarray, spelt: list[Letter]) -> np.ndarray:
    """Return the duration of each of espeak-ng's symbols, which share the duration of their letter equally.

    Both arrays include an edge at each end and have the same sum.
    """
    counts = np.array([1, *(letter.count for letter in spelt), 1])
    ends = np.cumsum(durations)
    within = np.concatenate([np.arange(1, count + 1) / count for count in counts])
    starts = np.repeat(ends - durations, counts)
    return np.diff(np.rint(starts + within * np.repeat(durations, counts)).astype(np.int64), prepend=0)
