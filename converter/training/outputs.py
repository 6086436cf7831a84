"""Fit the output layers of a student that starts from a voice, by least squares on what the layers below compute.

An output layer is linear, so its best weights for given inputs are known in closed form. The prosody of the voice's
speaker is wrong for a new one (with confidence: voicing), and heads that the voice lacks are random. Training would
first drive all layers below away from what they know, and minutes of recordings are too few to bring them back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training.batches import PART, Batches, BatchShape, Normalisation
from ticktalk.converter.training.regression import SILENT, Student
from ticktalk.converter.training.student import HEAD_RANGES, PROSODY, Conv
from ticktalk.converter.training.tensor import Tensor
from ticktalk.runtime_sim.voice import LOG_HEADS

SEGMENTS, SEED = 256, 5
# Relative to the mean power of the inputs, towards the weights before. If it were relative to each input's own power,
# an input that is nearly always 0 could get a weight of 49, which leaves the others no steps on the int8 grid.
RIDGE = 1e-3
SURE = 3.0  # logit of a frame that is voiced
# The log magnitude that states how much a frame matters to a head.
LOUDNESS = {"harmonic": "harmonic", "rotation": "harmonic", "noise": "noise"}
LOUDNESS |= dict.fromkeys(("free", "free_cos", "free_sin"), "free")

Targets = dict[str, np.ndarray]


class _Tap:
    """Takes the place of an output layer's call, and remembers its input."""

    def __init__(self, layer: Conv):
        self.layer, self.rows, self._call = layer, np.empty((0, 0)), layer.call

    def __call__(self, x: Tensor, training: bool = False) -> Tensor:
        self.rows = np.asarray(x, np.float64).reshape(-1, x.shape[-1])
        return self._call(x, training=training)


def fit_outputs(student: Student, heads: Sequence[str], features: Features, shape: BatchShape) -> None:
    """Set the prosody, the durations and the spectral `heads` of a float student to their least-squares fit.

    The fit is on SEGMENTS segments of `features`. Loud frames weigh more in the heads, as in the loss. The weights of
    `heads` before count as zero. A rotation is fitted as the difference from its mean, because a turn more is the same.
    """
    count = -(-SEGMENTS // shape.size)
    batches = Batches(features, student.config, student.norm_statistics, shape, count, SEED, teacher_prosody=1.0)
    layers = {name: student.frame_net.heads[name] for name in heads}
    layers |= student.frame_net.prosody_heads | {"duration": student.phoneme_net.duration}
    taps = {name: _Tap(layer) for name, layer in layers.items()}
    sums: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    middle: np.ndarray | None = None
    for tap in taps.values():
        object.__setattr__(tap.layer, "call", tap)  # Keras does not allow a new attribute in a built layer
    try:
        for number in range(count):
            x, y = batches[number]
            student(x, training=False)
            for name, tap in taps.items():
                wanted, weight = _wanted(name, tap.layer.units, y, student.norm_statistics)
                if name == "rotation":
                    if middle is None:
                        middle = np.angle((np.exp(1j * np.pi * wanted) * weight[:, None]).sum(0)) / np.pi
                    wanted = (wanted - middle + 1) % 2 - 1
                rows = np.concatenate([tap.rows, np.ones((len(tap.rows), 1))], 1)
                weighted = rows * weight[:, None]
                own, cross = sums.get(name, (0.0, 0.0))
                sums[name] = own + rows.T @ weighted, cross + weighted.T @ wanted
    finally:
        for tap in taps.values():
            object.__delattr__(tap.layer, "call")
    for name, (own, cross) in sums.items():
        kernel, bias = (np.asarray(each, np.float64) for each in (layers[name].kernel, layers[name].own_bias))
        before = np.concatenate([kernel[0], bias[None]]) * (name not in heads)
        power = np.diag(own)[:-1].mean()
        ridge = RIDGE * np.diag([power] * (len(own) - 1) + [0.0])
        fitted = np.linalg.solve(own + ridge, cross + ridge @ before)
        if name == "rotation" and middle is not None:
            fitted[-1] += middle
        layers[name].kernel.assign(fitted[None, :-1].astype(np.float32))
        layers[name].own_bias.assign(fitted[-1].astype(np.float32))


def _wanted(name: str, width: int, y: Targets, norm: Normalisation) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of an output layer, [rows, width], and the weight of each row, from those of a batch."""
    if name == "duration":
        return y["duration"].reshape(-1, 1), y["phoneme_mask"].reshape(-1)
    if name in PROSODY:
        values, mask = y["prosody"].reshape(-1, len(PROSODY)), y["prosody_mask"].reshape(-1)
        voiced, value = values[:, 1], values[:, PROSODY.index(name), None]
        if name == "voicing":
            return SURE * (2 * value - 1), mask
        return value, mask * (0.1 + 0.9 * voiced) if name == "pitch" else mask
    spectrum = y["spectrum"].astype(np.float64)
    spectrum = spectrum.reshape(-1, *spectrum.shape[2:])
    loudness = LOUDNESS[name]
    magnitude = np.exp(0.5 * np.clip(spectrum[:, PART[loudness], :width], *HEAD_RANGES[loudness]))
    weight = y["voiced" if loudness == "harmonic" else "mask"].reshape(-1) * (SILENT + magnitude.mean(1))
    if name in LOG_HEADS:
        log = np.clip(spectrum[:, PART[name], :width], *HEAD_RANGES[name])
        return (log - norm.mean[name][:width]) / norm.std[name][:width], weight
    if name == "rotation":
        return spectrum[:, PART[name], :width], weight
    phase = spectrum[:, PART["free_phase"], :width]
    return (np.cos(phase) if name == "free_cos" else np.sin(phase)), weight
