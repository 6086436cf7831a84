"""What the MVE kernels share: the numbers of output channels in the order in which vectors meet them.

A group of G channels takes 9 G bytes: int32 biases, int32 multipliers, int8 shifts. Where a layer has one multiplier
and shift for all, there are only the biases, and `scale` has both four times, as a group has them.
"""

import numpy as np

from firmware_gen.kernel import Argument, Constant
from firmware_gen.requantise import Requantisation


def arguments(table: Requantisation, groups: np.ndarray, biases: list[int], scales: list[int]) -> tuple[Argument, ...]:
    """Arguments for the parameters of _mve.c.j2. `groups` int [n, G]: the channels of each group, -1 for none; `biases`
    and `scales`: the orders in which a group's biases, and its multipliers and shifts, are read."""
    def grouped(values: np.ndarray, order: list[int]) -> np.ndarray:
        return np.where(groups < 0, 0, values[groups]).astype(np.int32)[:, order]

    columns = [grouped(table.bias, biases)]
    if shared(table):
        scale = np.append(np.full(4, table.multipliers[0], np.int32), _words(np.full((1, 4), table.shifts[0]))[0])
        return Constant("bias", columns[0]), Constant("scales", scale.astype(np.int32)), table.zero_point
    columns += [grouped(table.multipliers, scales), _words(grouped(table.shifts, scales))]
    return Constant("channels", np.concatenate(columns, axis=1)), table.zero_point


def shared(table: Requantisation) -> bool:
    """Whether the layer has one multiplier and one shift."""
    return bool(np.all(table.multipliers == table.multipliers[0]) and np.all(table.shifts == table.shifts[0]))


def context(table: Requantisation) -> dict:
    """What _mve.c.j2 needs to know of a layer. `scaling`: which of tt_mve.h's ways to scale is exact here."""
    down = bool(np.all(table.shifts <= -1))
    scaling = "any" if not down else "down_positive" if table.low >= table.zero_point else "down"
    return {"shared": shared(table), "scaling": scaling, "low": table.low, "high": table.high}


def _words(shifts: np.ndarray) -> np.ndarray:
    """int8 values [n, 4 m] as int32 [n, m]."""
    return np.ascontiguousarray(shifts.astype(np.int8)).view("<i4")
