"""Parameters of output channels for the MVE kernels, in the order in which vectors read them.

Each group of channels consists of its int32 biases, followed by int32 multipliers and int8 shifts for every four
channels. Each channel takes 9 bytes. If a layer has one multiplier and shift for all channels, a group contains only
the biases, and `scale` contains the multiplier and the shift four times each.

Kernels whose vectors hold several positions of one channel read the parameters as scalars, in one of these forms:

    single   the addend and the multiplier of graph/single_rounding.py; the shift is the same for all channels
    shared   the bias; the multiplier and the shift are the same for all channels
    packed   bias * 256 + (shift & 255) and the multiplier
    wide     the bias, the multiplier and the shift"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Argument, Constant
from ticktalk.firmware_gen.graph.requantise import PACKED_BIAS, Requantisation
from ticktalk.firmware_gen.graph.single_rounding import MVE, SingleRounding, single_rounding


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


@dataclass(frozen=True)
class ByChannel:
    """The parameters of a layer, as scalars."""

    table: Requantisation

    @cached_property
    def single(self) -> SingleRounding | None:
        """The parameters for the form `single`, if the layer has that form."""
        t = self.table
        if shared(t) or not np.all(t.shifts <= -1):
            return None
        return single_rounding(t.rows, t.bias, t.multipliers, t.shifts, t.zero_point, t.low, t.high, MVE)

    @property
    def form(self) -> str:
        """The form, as described in the module docstring."""
        if shared(self.table):
            return "shared"
        if self.single:
            return "single"
        return "packed" if np.abs(self.table.bias.astype(np.int64)).max() < PACKED_BIAS else "wide"

    @property
    def words(self) -> int:
        """The number of 32-bit words per channel."""
        return {"single": 2, "shared": 1, "packed": 2, "wide": 3}[self.form]

    def arguments(self, channels: np.ndarray) -> tuple[Argument, ...]:
        """Return the arguments for the parameters of shared/by_channel_mve.c.j2. `channels` lists the channels in the
        order in which they are read."""
        table, form, order = self.table, self.form, channels.reshape(-1)
        bias, multipliers, shifts = table.bias[order], table.multipliers[order], table.shifts[order]
        if self.single:
            pairs = np.stack((self.single.addends[order], self.single.multipliers[order]), axis=1)
            return (Constant("channels", pairs.astype(np.int32)),)
        if form == "shared":
            return Constant("bias", bias), int(multipliers[0]), int(shifts[0]), table.zero_point
        packed = (bias * 256 + (shifts & 255), multipliers)
        columns = packed if form == "packed" else (bias, multipliers, shifts)
        return Constant("channels", np.stack(columns, axis=1).astype(np.int32)), table.zero_point

    @property
    def context(self) -> dict:
        """The context for shared/by_channel_mve.c.j2."""
        shift = {"narrow": self.single.shift, "slope": 1 << self.single.scale} if self.single else {}
        return {**context(self.table), "form": self.form, **shift}


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
