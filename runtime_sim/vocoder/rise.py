"""The rise of an emphasised word's pitch and volume (runtime_sim/emphasis.py), exactly as the watch computes it."""

from __future__ import annotations

import numpy as np

from ticktalk.runtime_sim.emphasis import LEVELS

RISES = (min(level.rise for level in LEVELS.values()), max(level.rise for level in LEVELS.values()))
PACE = 2  # quarters of a semitone per frame, at most
STEPS = 48  # quarters of a semitone per octave
BITS = 15  # fraction bits of the factors


def approached(rises: np.ndarray) -> np.ndarray:
    """Return the rise of each frame, int64 [T], which starts at 0 and approaches the wanted `rises` [T] by PACE per
    frame."""
    reached, rise = np.empty(len(rises), np.int64), 0
    for frame, wanted in enumerate(rises.tolist()):
        rise += min(max(wanted - rise, -PACE), PACE)
        reached[frame] = rise
    return reached


def factors() -> np.ndarray:
    """Return the factor of the pitch for each rise from RISES[0] to RISES[1], with BITS fraction bits, as uint16."""
    return np.rint(np.exp2(np.arange(RISES[0], RISES[1] + 1) / STEPS) * 2.0**BITS).astype(np.uint16)


def scaled(values: np.ndarray, rises: np.ndarray) -> np.ndarray:
    """Multiply int64 values by the factors of the rises, rounded to the nearest integer."""
    return (values * factors()[rises - RISES[0]].astype(np.int64) + (1 << BITS - 1)) >> BITS
