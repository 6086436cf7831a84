"""The inline form [word](/phonemes/), which replaces a word's pronunciation in the text itself.

Anything that does not match this form exactly is read as text.
"""

from __future__ import annotations

import re

from ticktalk.runtime_sim.text.user.own import MOST_PHONEMES

MOST_WRITTEN = 48  # maximum number of characters between the square brackets
_NOT_WRITTEN = frozenset("[]\n\0")
_LOOKS_INLINE = re.compile(rf"\[[^\[\]\n]{{1,{MOST_WRITTEN}}}\]\(/([^/\n()]+)/\)")


def inline(text: str, i: int, alphabet: str, sounds: str) -> tuple[int, str] | None:
    """Return the end and the phonemes of the inline form at the bracket `text[i]`, or None.

    text: folded text that ends with NUL.
    alphabet, sounds: as in `own.checked`.
    """
    k = i + 1
    while text[k] not in _NOT_WRITTEN and k - i <= MOST_WRITTEN:
        k += 1
    start = end = k + 3
    if k == i + 1 or text[k : k + 3] != "](/":
        return None
    while text[end] in alphabet and end - start < MOST_PHONEMES:
        end += 1
    said = text[start:end]
    if text[end : end + 2] != "/)" or said != said.strip(" ") or not set(said) & set(sounds):
        return None
    return end + 2, said


def unknown_phonemes(text: str, alphabet: str) -> dict[str, str]:
    """Return the unknown phonemes of each part of `text` that looks like inline phonemes, but is read as text because
    of them.

    The keys are the parts as written in the unfolded `text`.
    """
    return {
        found[0]: unknown
        for found in _LOOKS_INLINE.finditer(text)
        if (unknown := "".join(dict.fromkeys(c for c in found[1] if c not in alphabet)))
    }
