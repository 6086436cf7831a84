"""Random graphs with many parts that do not affect the result: dead weights, saturated channels and useless
operators."""

import numpy as np

from tests.operators.draw import Draw
from tests.support.tflite_builder import ModelBuilder


class Wasteful:
    """Builds a graph of tensors [1, H, W, C] of one dtype from random operators."""

    def __init__(self, seed: int, dtype: str = "int8"):
        self.draw, self.dtype = Draw(seed), dtype
        self.model: ModelBuilder = self.draw.model
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.quantised: dict[int, tuple[float, int]] = {}

    def tensor(self, shape, like: int | None = None, ratio: float = 1.0) -> int:
        """Add a tensor and return its index.

        The quantisation is random, or that of `like` with its scale multiplied by `ratio`.
        """
        point = 0 if self.dtype == "int16" else self.draw.pick(-128, -128, -128, self.draw.integer(-40, 40))
        scale = 0.05 * self.draw.rng.uniform(0.7, 1.4) / (256 if self.dtype == "int16" else 1)
        found = (scale, point) if like is None else self.quantised[like]
        found = (found[0] * ratio, found[1])
        index = self.model.tensor(shape, self.dtype, *found)
        self.shapes[index], self.quantised[index] = tuple(shape), found
        return index

    def some(self, count: int, share: float) -> np.ndarray:
        """Return a random selection of channels as bool [count]."""
        return self.draw.rng.random(count) < share

    def layer(self, x: int) -> int:
        """Add a convolution with dead weights and large biases, and return its output."""
        draw, (_, height, width, depth) = self.draw, self.shapes[x]
        deep = draw.pick(False, True)
        taps = [draw.integer(1, min(3, extent)) for extent in (height, width)]
        stride, valid = draw.pick(1, 1, 2), draw.pick(0, 0, 1)
        multiplier = draw.pick(1, 1, 1, 2) if depth < 9 else 1
        channels = depth * multiplier if deep else draw.integer(1, 14)
        shape = (1, *taps, channels) if deep else (channels, *taps, depth)
        y = self.tensor((1, *self._extents((height, width), taps, stride, valid), channels))
        weights = draw.rng.integers(-127, 128, shape)
        terms = weights[0].size // channels if deep else weights[0].size
        scales = draw.rng.uniform(0.5, 1.5, channels if draw.pick(True, True, False) else 1) / (70 * terms**0.5)
        weights[(..., self.some(channels, 0.3)) if deep else (self.some(channels, 0.3),)] = 0
        if not deep:
            weights[..., self.some(depth, 0.2)] = 0
        reach = 1 / float(scales.mean()) / (1 if self.dtype == "int8" else 1 / 256)
        bias = draw.rng.uniform(-1, 1, channels) * reach * np.where(self.some(channels, 0.2), 400, 2)
        biases = [self.model.tensor((channels,), "int32" if self.dtype == "int8" else "int64", scales, 0, 0, bias)]
        dimension = 3 if deep else 0
        kernel = self.model.tensor(shape, "int8", scales, 0, dimension if scales.size > 1 else 0, weights)
        options = {
            "Padding": valid,
            "StrideH": stride,
            "StrideW": stride,
            "FusedActivationFunction": draw.pick(0, 1, 3),
        }
        name, table = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if deep else ("CONV_2D", "Conv2DOptions")
        options |= {"DepthMultiplier": multiplier} if deep else {}
        self.model.operator(name, [x, kernel, *(biases if draw.pick(0, 1, 1, 1) else [])], [y], table, **options)
        return y

    def _extents(self, extents, taps, stride: int, valid: int) -> list[int]:
        return [(e - t) // stride + 1 if valid else -(-e // stride) for e, t in zip(extents, taps)]

    def pool(self, x: int) -> int:
        """Add a pooling operator and return its output."""
        name, (_, height, width, channels) = self.draw.pick("AVERAGE_POOL_2D", "MAX_POOL_2D"), self.shapes[x]
        taps, valid = [min(2, height), min(2, width)], self.draw.pick(0, 1)
        y = self.tensor((1, *self._extents((height, width), taps, 1, valid), channels), x)
        options = {"Padding": valid, "StrideH": 1, "StrideW": 1, "FilterHeight": taps[0], "FilterWidth": taps[1]}
        self.model.operator(name, [x], [y], "Pool2DOptions", **options)
        return y

    def with_constant(self, x: int) -> int:
        """Add a sum, a product or an extreme with a constant that often has no effect, and return its output."""
        name, channels = self.draw.pick("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"), self.shapes[x][-1]
        scale, point = self.quantised[x]
        same, extreme = self.draw.pick(True, False), name in ("MAXIMUM", "MINIMUM")
        shape = self.draw.pick((1,), (channels,), (1, 1, 1, channels))
        limits = np.iinfo(self.dtype)
        value = {"ADD": 0, "SUB": 0, "MUL": 1, "MAXIMUM": limits.min, "MINIMUM": limits.max}[name]
        data = np.full(shape, value) if same else self.draw.rng.integers(-90, 90, shape)
        constant = self.model.tensor(shape, self.dtype, *((scale, point) if extreme else (1.0, 0)), data=data)
        ratio = 1.0 if extreme else self.draw.pick(1.0, 1.0, 1.001)  # 1.001 does not change the integers
        y = self.tensor(self.shapes[x], x if same or extreme else None, ratio)
        self.model.operator(name, [x, constant], [y], None if extreme else f"{name.capitalize()}Options")
        return y

    def clamp(self, x: int) -> int:
        """Add an element-wise operator, and return its output."""
        name = self.draw.pick("RELU", "RELU6", "QUANTIZE", "LEAKY_RELU", "ABS")
        y = self.tensor(self.shapes[x], x)
        options = {"Alpha": 0.1} if name == "LEAKY_RELU" else {}
        self.model.operator(name, [x], [y], "LeakyReluOptions" if options else None, **options)
        return y

    def pad(self, x: int) -> int:
        """Add one or two PAD operators and return the output."""
        for _ in range(self.draw.pick(1, 2)):
            edges = self.draw.rng.integers(0, 2, (4, 2))
            edges[[0, 3]] = 0
            y = self.tensor(np.add(self.shapes[x], edges.sum(1)).tolist(), x)
            self.model.operator("PAD", [x, self.model.integers(edges)], [y])
            x = y
        return x

    def branch(self, x: int) -> int:
        """Add the sum, difference or product of a tensor and a function of it, and return the output."""
        name, other = self.draw.pick("ADD", "SUB", "MUL"), self.clamp(x)
        y = self.tensor(self.shapes[x])
        self.model.operator(name, [x, other][:: self.draw.pick(1, -1)], [y], f"{name.capitalize()}Options")
        return y

    def head(self, x: int) -> int:
        """Add a mean over all positions or a reshape, and a dense layer, and return the output."""
        _, height, width, channels = self.shapes[x]
        if self.draw.pick(True, False):
            y = self.tensor((1, channels))
            self.model.operator("MEAN", [x, self.model.integers([1, 2])], [y], "ReducerOptions", KeepDims=False)
        else:
            y = self.tensor((1, height * width * channels), x)
            self.model.operator("RESHAPE", [x, self.model.integers(self.shapes[y])], [y])
        terms, outputs = self.shapes[y][-1], self.draw.integer(1, 5)
        weights = self.draw.rng.integers(-127, 128, (outputs, terms)) * ~self.some(terms, 0.2)
        scales = [1 / (70 * terms**0.5)] * self.draw.pick(1, outputs)
        kernel, z = self.model.tensor((outputs, terms), "int8", scales, 0, 0, weights), self.tensor((1, outputs))
        self.model.operator("FULLY_CONNECTED", [y, kernel, -1], [z], "FullyConnectedOptions")
        return z


def wasteful(seed: int) -> bytes:
    """Return a .tflite file with four to nine random parts. One graph in five is int16."""
    grown = Wasteful(seed, "int16" if seed % 5 == 4 else "int8")
    draw = grown.draw
    source = x = grown.tensor((1, draw.integer(1, 7), draw.integer(1, 7), draw.integer(1, 9)))
    parts = [
        grown.layer,
        grown.layer,
        grown.layer,
        grown.pool,
        grown.with_constant,
        grown.clamp,
        grown.pad,
        grown.branch,
    ]
    if grown.dtype == "int16":
        parts = [grown.layer, grown.layer, grown.pool, grown.with_constant, grown.pad]
    seen = []
    for _ in range(draw.integer(3, 8)):
        x = draw.pick(*parts)(x)
        seen.append(x)
    last = grown.head(x) if draw.pick(True, True, False) else x
    return draw.finish([source], list(dict.fromkeys([last, *([draw.pick(*seen)] if draw.pick(0, 0, 1) else [])])))
