"""Random shapes, scales, zero points and values, weighted towards the extremes where arithmetic tends to fail."""

import numpy as np

from tests.support.tflite_builder import ModelBuilder

ACTIVATIONS = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3}


class Draw:
    """The seeded random generator for a case, and the model that the case builds."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.model = ModelBuilder()

    def integer(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both inclusive."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, *choices):
        """Return one of `choices`."""
        return choices[self.integer(0, len(choices) - 1)]

    def shape(self, rank: int, high: int = 6) -> tuple[int, ...]:
        """Return a shape with extents from 1 to `high`."""
        return tuple(self.integer(1, high) for _ in range(rank))

    def scale(self, low: float = -10, high: float = 0) -> np.float32:
        """Return a scale from 2^low to 2^high, uniform on a logarithmic scale.

        About one in four is an exact power of two.
        """
        exponent = self.rng.uniform(low, high)
        return np.float32(2.0 ** (round(exponent) if self.integer(0, 3) == 0 else exponent))

    def zero_point(self, dtype="int8") -> int:
        """Return a zero point, which is 0 for int16 and often at a limit for int8."""
        if dtype == "int16":
            return 0
        point = self.pick(-128, 127, 0, self.integer(-128, 127), self.integer(-128, 127))
        return point + 128 if dtype == "uint8" else point

    def values(self, shape, dtype="int8") -> np.ndarray:
        """Return values of an integer dtype or of bool.

        Some arrays hold a single extreme value, and some hold only the two extremes.
        """
        if np.dtype(dtype) == bool:
            return self.rng.integers(0, 2, shape).astype(bool)
        limits = np.iinfo(dtype)
        kind = self.integer(0, 9)
        if kind < 2:
            return np.full(shape, limits.min if kind else limits.max, dtype)
        if kind == 2:
            return self.rng.choice(np.array([limits.min, limits.max], dtype), shape)
        values = self.rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
        # Signal operators treat each power of two differently.
        return (
            values >> self.rng.integers(0, limits.bits, shape, dtype) if limits.min == 0 and limits.bits > 8 else values
        )

    def activation_tensor(self, shape, dtype="int8", scale=None, zero_point=None) -> int:
        """Add a run-time tensor and return its index. The quantisation is random unless specified."""
        scale = self.scale() if scale is None else scale
        zero_point = self.zero_point(dtype) if zero_point is None else zero_point
        return self.model.tensor(shape, dtype, scale, zero_point)

    def activation(self) -> int:
        """Return a random fused activation, often NONE."""
        return self.pick(0, 0, 0, *ACTIVATIONS.values())

    def finish(self, inputs, outputs) -> bytes:
        """Return the model as the bytes of a .tflite file."""
        return self.model.build(inputs, outputs)
