"""Sharpen formants with a filter along the frequency axis, folded into the heads that predict log magnitudes.

The filter applies to the free component, or to harmonics and noise in a voice without a free component. When the
student is uncertain about the position of a formant, it predicts a formant that is too broad. Moving every bin away
from the mean of its neighbours,

    x'[k] = x[k] + amount * (x[k] - mean of x[k - width / 2 .. k + width / 2]),

is the post-filter of speech coders (Chen and Gersho, 1995) applied to log magnitudes. Both the filter and the heads are
linear, so the filter adds no computation on the watch. For the improvement, see docs/measurements/voice-heart.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # these modules import Keras, which takes seconds
    from ticktalk.converter.training.regression import Student
    from ticktalk.converter.training.student import Conv

REACH = 300.0  # Hz on each side of a bin
REACH_RECORDED = 800.0  # Hz; for harmonics and noise in voices without a free component (joe: 600)
FLAT = 0.925  # fraction of a recording's bandwidth; above it, resampling leaves a slope that is not a formant


@dataclass(frozen=True)
class Sharpening:
    """The setting of `sharpen`. The defaults suit heart and joe (docs/measurements/voice-joe.md).

    louder: added to the log noise magnitude of a voice from recordings.
    """

    amount: float = 0.6
    louder: float = 0.45


def matrix_of(bins: int, width: int, amount: float, top: int | None = None) -> np.ndarray:
    """Return the filter as a matrix, float64 [bins, bins].

    Beyond bin 0 and bin `top` (default: the last one), the bin at the edge is repeated. Bins above `top` are kept.
    """
    last = bins - 1 if top is None else min(top, bins - 1)
    near = np.clip(np.arange(last + 1)[:, None] + np.arange(width) - width // 2, 0, last)
    matrix = np.eye(bins)
    matrix[: last + 1] *= 1 + amount
    np.add.at(matrix, (np.arange(last + 1)[:, None], near), -amount / width)
    return matrix


def sharpen(student: Student, setting: Sharpening = Sharpening()) -> None:
    """Fold the filter into the heads of a quantised student.

    Call this after training, because further training would undo the sharpening.
    """
    heads, geometry = student.frame_net.heads, student.config.geometry
    width, width_recorded = (2 * geometry.bin_at(reach) + 1 for reach in (REACH, REACH_RECORDED))
    if "free" in heads:
        _filter(heads["free"], setting.amount, width)
        return
    top = int(FLAT * (geometry.bins - 1))
    for name in ("harmonic", "noise"):
        _filter(heads[name], setting.amount, width_recorded, top)
    bias = heads["noise"].own_bias
    bias.assign(bias + setting.louder)


def _filter(head: Conv, amount: float, width: int, top: int | None = None) -> None:
    from keras import ops

    matrix = matrix_of(head.units, width, amount, top)
    for variable in (head.kernel, head.own_bias):
        variable.assign((ops.convert_to_numpy(variable).astype(np.float64) @ matrix.T).astype(np.float32))
