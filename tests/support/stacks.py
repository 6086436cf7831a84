"""Random graphs of several layers along the time axis, like those of voices.

The graphs have residual connections with cropped inputs, branches, and several heads.
"""

from tests.operators.draw import Draw


class Stack:
    """Builds a graph whose tensors have the shape [1, 1, T, C], or [1, T, 1, C] if it is `upright`."""

    def __init__(self, seed: int, upright: bool = False):
        self.upright = upright
        self.draw = Draw(seed)
        self.model = self.draw.model
        self.shapes: dict[int, tuple[int, int]] = {}  # (T, C) by tensor
        self.padding = "VALID"

    def axes(self, values) -> list:
        """Return values for the axes [1, 1, T, C] in the order of the graph's axes."""
        return [values[axis] for axis in ((0, 2, 1, 3) if self.upright else range(4))]

    def tensor(self, time: int, channels: int, scale=0.05, zero_point=None) -> int:
        """Add an activation and return its index. The scales of all activations are similar, so that most values do not
        saturate."""
        zero_point = self.draw.integer(-20, 20) if zero_point is None else zero_point
        shape = self.axes((1, 1, time, channels))
        index = self.model.tensor(shape, "int8", scale * self.draw.rng.uniform(0.7, 1.4), zero_point)
        self.shapes[index] = (time, channels)
        return index

    def conv(self, x: int, channels: int, width: int = 1, relu: bool = False, stride: int = 1) -> int:
        """Add a CONV_2D with a 1 x `width` kernel and return its output."""
        time, depth = self.shapes[x]
        y = self.tensor(self._length(time, width, stride), channels, zero_point=-128 if relu else None)
        shape = (channels, 1, width, depth)
        self._layer("CONV_2D", "Conv2DOptions", x, y, shape, 0, depth * width, relu, **self._strides(stride))
        return y

    def depthwise(self, x: int, width: int, stride: int = 1) -> int:
        """Add a DEPTHWISE_CONV_2D with a 1 x `width` kernel and return its output."""
        time, depth = self.shapes[x]
        y = self.tensor(self._length(time, width, stride), depth)
        self._layer(
            "DEPTHWISE_CONV_2D",
            "DepthwiseConv2DOptions",
            x,
            y,
            (1, 1, width, depth),
            3,
            width,
            False,
            DepthMultiplier=1,
            **self._strides(stride),
        )
        return y

    def _length(self, time: int, width: int, stride: int = 1) -> int:
        return -(-time // stride) if self.padding == "SAME" else (time - width) // stride + 1

    def _strides(self, stride: int) -> dict[str, int]:
        _, height, width, _ = self.axes((1, 1, stride, 1))
        return {"StrideH": height, "StrideW": width}

    def _layer(self, name, table, x, y, shape, dimension, terms, relu, **options) -> None:
        channels = shape[dimension]
        scales = self.draw.rng.uniform(0.5, 1.5, channels) / (74 * terms**0.5)
        values = self.draw.rng.integers(-127, 128, shape).reshape(self.axes(shape))
        weights = self.model.tensor(self.axes(shape), scale=scales, dimension=dimension, data=values)
        bias = self.model.tensor((channels,), "int32", 0.05 * scales, data=self.draw.rng.integers(-900, 900, channels))
        fused = {
            "Padding": int(self.padding == "VALID"),
            "FusedActivationFunction": int(relu),
        }
        self.model.operator(name, [x, weights, bias], [y], table, **fused, **options)

    def crop(self, x: int, before: int, time: int) -> int:
        """Add a STRIDED_SLICE of `time` rows from row `before`, and return its output."""
        channels = self.shapes[x][1]
        scale, point = self.quantisation(x)
        y = self.model.tensor(self.axes((1, 1, time, channels)), "int8", scale, point)
        self.shapes[y] = (time, channels)
        limits = [
            self.model.integers(self.axes(values))
            for values in ([0, 0, before, 0], [1, 1, before + time, channels], [1, 1, 1, 1])
        ]
        self.model.operator("STRIDED_SLICE", [x, *limits], [y], "StridedSliceOptions")
        return y

    def quantisation(self, x: int):
        """Return the scale and zero point of a tensor."""
        scales, points, _ = self.model._tensors[x][2]
        return scales[0], int(points[0])

    def add(self, a: int, b: int) -> int:
        """Add an ADD operator for two tensors of equal shape and return its output."""
        y = self.tensor(*self.shapes[a])
        self.model.operator("ADD", [a, b], [y], "AddOptions")
        return y

    def join(self, a: int, b: int) -> int:
        """Add a CONCATENATION along the channels and return its output.

        First, a QUANTIZE operator requantises `b` to the scale and zero point of `a`.
        """
        scale, point = self.quantisation(a)
        time, channels = self.shapes[b]
        same = self.model.tensor(self.axes((1, 1, time, channels)), "int8", scale, point)
        self.model.operator("QUANTIZE", [b], [same])
        y = self.model.tensor(self.axes((1, 1, time, channels + self.shapes[a][1])), "int8", scale, point)
        self.shapes[y] = (time, channels + self.shapes[a][1])
        self.model.operator("CONCATENATION", [a, same], [y], "ConcatenationOptions", Axis=3)
        return y


def stack(seed: int) -> bytes:
    """Return a .tflite file with a convolution, two residual blocks, a concatenated branch and three heads."""
    grown = Stack(seed)
    pick = grown.draw.integer
    time, channels = pick(24, 33), pick(5, 24)
    source = grown.tensor(time, pick(3, 14))
    x = grown.conv(source, channels, 3, relu=True)
    side = grown.conv(source, pick(1, 6))
    for _ in range(2):
        width = pick(2, 7)
        y = grown.depthwise(x, width)
        y = grown.conv(grown.conv(y, pick(8, 40), relu=True), channels)
        x = grown.add(y, grown.crop(x, (width - 1) // 2, grown.shapes[y][0]))
    x = grown.join(x, grown.crop(side, pick(0, 3), grown.shapes[x][0]))
    heads = [grown.conv(x, outputs, relu=outputs == 2) for outputs in (pick(17, 33), 2, 1)]
    return grown.draw.finish([source], heads)
