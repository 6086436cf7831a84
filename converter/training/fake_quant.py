"""Simulate int8 during training: values are rounded to the converter's grid, but gradients pass through unchanged."""

import keras
import numpy as np
from keras import ops

from ticktalk.converter.training.tensor import Tensor


def _rounded(x: Tensor, scale: Tensor) -> Tensor:
    return x + ops.stop_gradient(ops.round(x / scale) * scale - x)


def fake_quant_weights(kernel: Tensor) -> Tensor:
    """Round kernel [..., C] to the symmetric per-channel int8 grid.

    The scale is max |w| / 127 over all axes except the last.
    """
    axes = tuple(range(len(kernel.shape) - 1))
    scale = ops.stop_gradient(ops.maximum(ops.max(ops.abs(kernel), axis=axes, keepdims=True), 1e-9) / 127.0)
    return _rounded(kernel, scale)


def nudged(low: float, high: float) -> tuple[float, int]:
    """Return (scale, int8 zero point) for a range.

    As in TFLite's converter, the range is nudged so that zero falls exactly on the grid.
    """
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    scale = max(high - low, 1e-6) / 255.0
    return scale, int(np.clip(np.rint(-128 - low / scale), -128, 127))


class FakeQuant(keras.layers.Layer):
    """Rounds activations to an affine int8 grid.

    The range is either fixed or observed. While `observing`, each call extends the range and returns its input
    unchanged.
    """

    def __init__(self, fixed: tuple[float, float] | None = None, **kwargs: object):
        super().__init__(**kwargs)
        self.fixed, self.observing = fixed, False

    def build(self, shape: object = None) -> None:
        span = self.fixed or (0.0, 0.0)
        self.range = self.add_weight(
            shape=(2,),
            initializer=lambda shape, dtype: ops.convert_to_tensor(span, dtype),
            trainable=False,
            name="range",
        )

    def call(self, x: Tensor) -> Tensor:
        if self.observing and not self.fixed:
            low, high = ops.convert_to_numpy(self.range)
            values = ops.convert_to_numpy(x)
            self.range.assign(np.array([min(low, values.min()), max(high, values.max())], np.float32))
        if self.observing:
            return x
        low, high = self.range[0], self.range[1]
        scale = ops.maximum(high - low, 1e-6) / 255.0
        zero = ops.round(-low / scale)
        return _rounded(ops.clip(x, -zero * scale, (255.0 - zero) * scale), scale)

    def steps(self, x: Tensor) -> Tensor:
        """Round x, which is added to a rounded activation, to -127 to 127 steps of the grid."""
        if self.observing:
            return x
        scale = ops.maximum(self.range[1] - self.range[0], 1e-6) / 255.0
        return _rounded(ops.clip(x, -127.0 * scale, 127.0 * scale), scale)

    def parameters(self) -> tuple[float, int]:
        """Return (scale, zero point) of the int8 tensor."""
        return nudged(*ops.convert_to_numpy(self.range))
