"""Adversarial training: discriminators learn to tell the student's sound from the real one, and the student learns to
deceive them.

The discriminators see logarithms of magnitude spectra at several resolutions (Jang et al., UnivNet, 2021) and learn
with the least-squares loss (Mao et al., Least Squares GAN, 2017). The student also learns to match what their layers
compute (Larsen et al., Autoencoding beyond pixels using a learned similarity metric, 2016). Both learn in one step
from one loss: what the student gains is computed with the discriminators held, and what they gain with the sound held.
"""

import keras
from keras import ops

from ticktalk.converter.training.perceptual_loss import FLOOR, SIZES, magnitudes
from ticktalk.converter.training.regression import Learner, Student
from ticktalk.converter.training.tensor import Tensor

CHANNELS = (8, 16, 32, 32)
TAPS = 4  # frames and bins that a kernel spans
LEAK = 0.2  # slope of the activation below zero
FASTER = 5.0  # the discriminators' learning rate relative to the student's
WEIGHTS = {"deceiving": 0.5, "matching": 2.0, "judging": 1.0}


class Discriminator(keras.layers.Layer):
    """Convolutions over a spectrogram, each of which halves frames and bins, and a verdict on each place that is left.

    Adam's steps do not depend on the scale of a gradient, so weights that are multiplied by FASTER learn faster.
    """

    def build(self, shape: object) -> None:
        inputs, self.kernels, self.biases = 1, [], []
        for channels, taps in [*((channels, TAPS) for channels in CHANNELS), (1, 1)]:
            std = (2 / (taps * taps * inputs)) ** 0.5 / FASTER
            kernel = self.add_weight((taps, taps, inputs, channels), keras.initializers.RandomNormal(stddev=std))
            self.kernels.append(kernel)
            self.biases.append(self.add_weight((channels,), "zeros"))
            inputs = channels

    def call(self, spectra: Tensor, held: bool = False) -> list[Tensor]:
        """Return each layer's output, the verdict last, for log magnitudes [B, frames, bins].

        held: treat the weights as constants.
        """
        rows, outputs = spectra[..., None], []
        for kernel, bias in zip(self.kernels, self.biases):
            if held:
                kernel, bias = ops.stop_gradient(kernel), ops.stop_gradient(bias)
            rows = ops.conv(rows, FASTER * kernel, 2 if kernel.shape[0] > 1 else 1, "same") + FASTER * bias
            outputs.append(rows)
            rows = ops.maximum(rows, LEAK * rows)
        return outputs


@keras.saving.register_keras_serializable("ticktalk")
class Contest(Learner):
    """A quantised student and the discriminators of its sound, which learn together."""

    def __init__(self, student: Student, **kwargs: object):
        super().__init__(**kwargs)
        keras.utils.set_random_seed(3)
        self.student, self.discriminators = student, [Discriminator(name=f"spectra_{size}") for size in SIZES]
        for discriminator, size in zip(self.discriminators, SIZES):
            discriminator.build((None, None, size // 2 + 1))
        self.config, self.norm_statistics = student.config, student.norm_statistics
        self.built = True

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> dict[str, Tensor]:
        return self.student(inputs, training=training)

    @property
    def weights_of_parts(self) -> dict[str, float]:
        return self.student.weights_of_parts | WEIGHTS

    def parts(self, y: dict[str, Tensor], p: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the student's scalar losses by name, and those of the contest."""
        made, real = self.student.sounds(y, p)
        contest = dict.fromkeys(WEIGHTS, 0.0)
        for discriminator, size in zip(self.discriminators, SIZES):
            seen, wanted = (ops.log(magnitudes(sound, size) + FLOOR) / 4 + 1 for sound in (made, real))
            deceived = discriminator(seen, held=True)
            judged, known = discriminator(ops.stop_gradient(seen)), discriminator(wanted)
            contest["deceiving"] += ops.mean((deceived[-1] - 1) ** 2) / len(SIZES)
            contest["judging"] += (ops.mean((known[-1] - 1) ** 2) + ops.mean(judged[-1] ** 2)) / len(SIZES)
            for own, target in zip(deceived[:-1], known[:-1]):
                target = ops.stop_gradient(target)
                error = ops.mean(ops.abs(own - target)) / (ops.mean(ops.abs(target)) + 1e-3)
                contest["matching"] += error / len(SIZES) / len(CHANNELS)
        return self.student.parts(y, p) | contest
