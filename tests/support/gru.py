"""A GRU unrolled over its steps, as Keras converts it with `unroll=True`."""

import numpy as np

from tests.operators.draw import Draw

_GATES = 3  # update, reset and candidate


class Gru:
    """Builds the graph from random weights. Tensors are int8 or int16, with scales that use their range."""

    def __init__(self, seed: int):
        self.draw = Draw(seed)
        self.model = self.draw.model
        self.dtype = self.draw.pick("int8", "int8", "int16")
        self.units = self.draw.integer(1, 6)
        wide = self.dtype == "int16"
        self.one = 2.0 ** -(15 if wide else 8)  # the scale of LOGISTIC
        self.state = 2.0 ** -(15 if wide else 7)  # the scale of TANH and of the state
        self.sums = 0.05 / (256 if wide else 1)

    def tensor(self, shape, scale: float, zero_point: int = 0, data=None) -> int:
        """Add a tensor and return its index."""
        return self.model.tensor(shape, self.dtype, scale, 0 if self.dtype == "int16" else zero_point, data=data)

    def two(self, name: str, a: int, b: int, scale: float, zero_point: int = 0) -> int:
        """Add an operator with two operands and return its output."""
        y = self.tensor((1, self.units), scale, zero_point)
        self.model.operator(name, [a, b], [y], f"{name.capitalize()}Options")
        return y

    def gate(self, a: int, b: int, name: str) -> int:
        """Add a LOGISTIC or TANH of the sum of two tensors and return its output."""
        scale, point = (self.one, -128) if name == "LOGISTIC" else (self.state, 0)
        y = self.tensor((1, self.units), scale, point)
        self.model.operator(name, [self.two("ADD", a, b, 1.5 * self.sums, 1)], [y])
        return y

    def products(self, x: int, weights: int, bias: int) -> list[int]:
        """Add a dense layer for all gates and return the part of each."""
        y = self.tensor((1, _GATES * self.units), self.sums, 5)
        self.model.operator("FULLY_CONNECTED", [x, weights, bias], [y], "FullyConnectedOptions")
        parts = [self.tensor((1, self.units), self.sums, 5) for _ in range(_GATES)]
        self.model.operator("SPLIT", [self.model.integers(1), y], parts, "SplitOptions", NumSplits=_GATES)
        return parts

    def weights(self, depth: int, scale: float) -> tuple[int, int]:
        """Add the weights and the bias of an input of this depth and scale."""
        shape, kind = (_GATES * self.units, depth), "int64" if self.dtype == "int16" else "int32"
        values, biases = self.draw.rng.integers(-127, 128, shape), self.draw.rng.integers(-90, 90, shape[:1])
        kernel = self.model.tensor(shape, "int8", 0.02, data=values)
        return kernel, self.model.tensor(shape[:1], kind, 0.02 * scale, data=biases)


def gru(seed: int) -> bytes:
    """Return a .tflite file with one to three steps, which start from a constant state."""
    grown = Gru(seed)
    steps, depth = grown.draw.integer(1, 3), grown.draw.integer(1, 5)
    source = grown.tensor((1, steps, depth), grown.sums, 3)
    rows = [grown.tensor((1, depth), grown.sums, 3) for _ in range(steps)]
    grown.model.operator("UNPACK", [source], rows, "UnpackOptions", Num=steps, Axis=1)
    outer, inner = grown.weights(depth, grown.sums), grown.weights(grown.units, grown.state)
    limits = np.iinfo(grown.dtype)
    one = grown.tensor((1,), grown.one, limits.min, data=[limits.max])
    h = grown.tensor((1, grown.units), grown.state, data=[0] * grown.units)
    for row in rows:
        (update, reset, new), old = grown.products(row, *outer), grown.products(h, *inner)
        update, reset = grown.gate(update, old[0], "LOGISTIC"), grown.gate(reset, old[1], "LOGISTIC")
        new = grown.gate(new, grown.two("MUL", reset, old[2], grown.sums, 5), "TANH")
        rest = grown.two("SUB", one, update, grown.one, -128)
        parts = grown.two("MUL", update, h, grown.state), grown.two("MUL", rest, new, grown.state)
        h = grown.two("ADD", *parts, grown.state)
    return grown.draw.finish([source], [h])
