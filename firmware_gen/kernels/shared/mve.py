"""Parameters of output channels for the MVE kernels, in the order in which vectors read them.

Each group of channels consists of its int32 biases, followed by int32 multipliers and int8 shifts for every four
channels. Each channel takes 9 bytes. If a layer has one multiplier and shift for all channels, a group contains only
the biases, and `scale` contains the multiplier and the shift four times each."""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Argument, Constant
from ticktalk.firmware_gen.graph.requantise import Requantisation


def arguments(table: Requantisation, biases: np.ndarray, factors: np.ndarray) -> tuple[Argument, ...]:
    """Return the arguments for the parameters of shared/mve.c.j2.

    `biases` and `factors`, int [groups, G], list the channels of each group in the order in which their biases and
    factors are read. -1 marks an unused lane."""
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
    """Return whether all channels have the same multiplier and shift."""
    return bool(np.all(table.multipliers == table.multipliers[0]) and np.all(table.shifts == table.shifts[0]))


def context(table: Requantisation) -> dict:
    """Return the context for shared/mve.c.j2. `scaling` is the fastest scaling in tt_mve.h that is exact here."""
    down = bool(np.all(table.shifts <= -1))
    scaling = "any" if not down else "down_positive" if table.low >= table.zero_point else "down"
    return {"shared": shared(table), "scaling": scaling, "low": table.low, "high": table.high}


def _words(shifts: np.ndarray) -> np.ndarray:
    """Reinterpret int8 values [..., 4] as int32 [..., 1]."""
    return np.ascontiguousarray(shifts, np.int8).view("<i4")
