"""Group contexts that share a prefix code, so that codes and coded symbols together take the least space."""

from __future__ import annotations

import numpy as np

CODE = 40  # bits that a code takes, not counting its symbols
SYMBOL = 8  # bits per symbol of a code


def grouped(counts: np.ndarray, most: int) -> list[int]:
    """Return the group of each context: numbers from 0, in the order of the contexts. At most `most` groups are made.

    `counts` [contexts, symbols] states how often each symbol occurs in each context. Contexts without symbols are in
    group 0.
    """
    members = [[k] for k in range(len(counts)) if counts[k].any()]
    if not members:
        return [0] * len(counts)
    sums = np.array([counts[group].sum(0) for group in members], float).reshape(len(members), -1)
    costs = _bits(sums)
    gains = np.array([costs[k] + costs - _bits(sums + sums[k]) for k in range(len(members))])
    while len(members) > 1:
        np.fill_diagonal(gains, -np.inf)
        one, other = divmod(int(gains.argmax()), len(members))
        if gains[one, other] <= 0 and len(members) <= most:
            break
        one, other = min(one, other), max(one, other)
        members[one] += members.pop(other)
        sums[one] += sums[other]
        sums = np.delete(sums, other, 0)
        gains = np.delete(np.delete(gains, other, 0), other, 1)
        costs = _bits(sums)
        gains[one] = gains[:, one] = costs[one] + costs - _bits(sums + sums[one])
    group = [0] * len(counts)
    for number, contexts in enumerate(sorted(map(sorted, members))):
        for k in contexts:
            group[k] = number
    return group


def _bits(counts: np.ndarray) -> np.ndarray:
    """Return the estimated size of each row of counts in bits: its symbols and their code."""
    total = counts.sum(1)
    used = (counts > 0).sum(1)
    logarithms = np.log2(counts, out=np.zeros_like(counts), where=counts > 0)
    entropy = total * np.log2(np.maximum(total, 1)) - (counts * logarithms).sum(1)
    return np.where(used > 1, np.maximum(entropy, total), 0) + CODE + SYMBOL * used
