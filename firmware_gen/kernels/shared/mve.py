"""What the MVE kernels share: the numbers of output channels in the order in which vectors meet them.

A group of channels has its int32 biases, then of each four channels the multipliers, int32, and the shifts, int8: 9
bytes a channel. Where a layer has one multiplier and shift for all, there are only the biases, and `scale` has both
four times."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Argument, Constant
from ticktalk.firmware_gen.graph.requantise import Requantisation


def arguments(table: Requantisation, biases: np.ndarray, factors: np.ndarray) -> tuple[Argument, ...]:
    """Arguments for the parameters of shared/mve.c.j2. int [groups, G]: the channels of each group in the order in
    which their biases are read, and in that of their factors; -1 for none."""
    first = np.where(biases < 0, 0, table.bias[biases]).astype(np.int32)
    if shared(table):
        scale = np.append(np.full(4, table.multipliers[0]), _words(np.full(4, table.shifts[0])))
        return Constant("bias", first), Constant("scales", scale.astype(np.int32)), table.zero_point
    quads = factors.reshape(len(factors), -1, 4)
    scales = np.concatenate([table.multipliers[quads], _words(table.shifts[quads])], axis=2)
    return Constant(
        "channels", np.concatenate([first, scales.reshape(len(first), -1)], axis=1).astype(np.int32)
    ), table.zero_point


def shared(table: Requantisation) -> bool:
    """Whether the layer has one multiplier and one shift."""
    return bool(np.all(table.multipliers == table.multipliers[0]) and np.all(table.shifts == table.shifts[0]))


def context(table: Requantisation) -> dict:
    """What shared/mve.c.j2 needs to know of a layer. `scaling`: which of tt_mve.h's ways to scale is exact here."""
    down = bool(np.all(table.shifts <= -1))
    scaling = "any" if not down else "down_positive" if table.low >= table.zero_point else "down"
    return {"shared": shared(table), "scaling": scaling, "low": table.low, "high": table.high}


def _words(shifts: np.ndarray) -> np.ndarray:
    """int8 values [..., 4] as int32 [..., 1]."""
    return np.ascontiguousarray(shifts, np.int8).view("<i4")
