"""Formants made clearer: a filter along frequency on the log magnitudes of the free part, folded into the head that gives them.

A student that is unsure where a formant lies draws it too broad. Moving every bin away from the mean of its neighbours,

    x'[k] = x[k] + amount * (x[k] - mean of x[k - width / 2 .. k + width / 2]),

is the post-filter of speech coders (Chen and Gersho, 1995), done on logarithms. It is linear, as the head is, so that the
watch computes nothing for it. What it gains is in docs/voice-heart.md.
"""

import numpy as np
from keras import ops

AMOUNT, WIDTH = 0.6, 31     # bins; 620 Hz


def sharpening(bins: int, amount: float = AMOUNT, width: int = WIDTH) -> np.ndarray:
    """The filter as a matrix, float64 [bins, bins]; beyond the first and the last bin are copies of them."""
    near = np.clip(np.arange(bins)[:, None] + np.arange(width) - width // 2, 0, bins - 1)
    matrix = (1 + amount) * np.eye(bins)
    np.add.at(matrix, (np.arange(bins)[:, None], near), -amount / width)
    return matrix


def sharpen(student) -> None:
    """Fold the filter into the `free` head of a quantised student, after its training, which would undo it."""
    head = student.frame_net.heads["free"]
    matrix = sharpening(student.config.bins)
    for variable in (head.kernel, head.bias):
        variable.assign((ops.convert_to_numpy(variable).astype(np.float64) @ matrix.T).astype(np.float32))
