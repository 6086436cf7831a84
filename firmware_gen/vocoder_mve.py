"""Additional inputs of the vocoder's C sources for MVE (templates/speech/*_mve.c.j2): tables in the order in which
vectors read them, and masks for the last bins."""

from dataclasses import replace

import numpy as np

from ticktalk.firmware_gen.vocoder_arrays import Table
from ticktalk.runtime_sim.vocoder.synthesis import lcg
from ticktalk.runtime_sim.vocoder.tables import FftPlan, turns

LANES = 4
_DRAWS = 16  # random numbers for four pairs of bins


def suits(n_fft: int) -> bool:
    """Whether the sources for MVE support n_fft: the four blocks of the FFT's first stage have a multiple of four
    points."""
    return n_fft // 2 % (4 * LANES) == 0


def arranged(arrays: list[Table], plan: FftPlan, prefix: str) -> list[Table]:
    """Return the constant arrays in the order in which the sources for MVE read them.

    Tables for int8 values begin with the entry for 0, followed by 1 .. 127 and -128 .. -1. Real and imaginary parts
    form separate vectors.
    """
    points = len(plan.position)
    low = np.arange(1, points // 2 + 1)
    first = plan.stages[0].twiddles  # [stride, radix - 1, 2]
    pairs = np.stack([_index(plan, low), _index(plan, points - low)], -1)
    orders = {
        "twiddles_0": first.reshape(-1, LANES, first.shape[1], 2).transpose(0, 2, 3, 1),
        "split": turns(2 * points, points // 2 + 1)[1:].reshape(-1, LANES, 2).transpose(0, 2, 1),
        "position": pairs.reshape(-1, LANES, 2).transpose(0, 2, 1).astype(np.uint16),
    }
    notes = {
        "twiddles_0": "the twiddle factors of stage 0, Q31: cosines and sines of four points",
        "split": "e^(2 pi i k / n_fft), k = 1, 2, ..., Q31: four cosines, four sines",
        "position": "indices in the FFT output of bins k .. k + 3 and N / 2 - k .. N / 2 - k - 3, k = 1, 5, ...",
    }
    found = []
    for table in arrays:
        role = table.name.removeprefix(f"{prefix}_")
        if role in orders:
            found.append(Table(table.name, notes[role], orders[role].reshape(-1)))
        elif role == "rotation":
            parts = zip(("cos", "sin"), table.array.T)
            found += [Table(f"{table.name}_{part}", "Q31, from 0 on", np.roll(values, 128)) for part, values in parts]
        elif role.endswith("_gain"):
            meaning = table.meaning.split(",")[0] + ", from 0 on"
            found.append(replace(table, meaning=meaning, array=np.roll(table.array, 128)))
        else:
            found.append(table)
    return found


def masks(kept: dict[str, int], points: int) -> dict[tuple[str, str], tuple[int, list[int]]]:
    """Return (k, four masks) by head and side for the vectors in which only some of a head's bins exist.

    On the low side, a vector holds bins k .. k + 3, and on the high side, bins points - k .. points - k - 3, where k is
    1, 5, ... Only the heads with a table of gains are masked.
    """
    found = {}
    for role in ("harmonic", "noise", "free"):
        bins = kept.get(role, points)
        low, high = (bins - 1) % LANES, bins % LANES
        if low and bins <= points // 2:
            found[role, "low"] = (bins - low, [-1] * low + [0] * (LANES - low))
        if high and bins - high >= points // 2:
            found[role, "high"] = (points - LANES + 1 - (bins - high), [0] * (LANES - high) + [-1] * high)
    return found


def context(plan: FftPlan) -> dict[str, object]:
    """Return the variables that only the templates for MVE use."""
    points = len(plan.position)
    factors, addends = lcg(_DRAWS)
    return {
        "middle": int(_index(plan, points // 2)),
        "origin": int(_index(plan, 0)),
        "lcg_jump": [int(values[-1].astype(np.int32)) for values in (factors, addends)],
    }


def _index(plan: FftPlan, bins: np.ndarray | int) -> np.ndarray:
    """Return the index of the real parts of `bins` in the vocoder's z. The imaginary parts follow four words later."""
    block, place = np.divmod(plan.position[bins], plan.stages[0].stride)
    return 2 * LANES * place + block
