"""Random streamable graphs with SAME and VALID padding, delays, branches, and outputs of several lengths."""

import numpy as np

from tests.support.stacks import Stack


class Stream(Stack):
    """A stack whose graph can be built for any length. Everything else depends only on the seed."""

    def padded(self, x: int, before: int, after: int, beside: int = 0) -> int:
        """Add a PAD along the time axis and the channels, and return its output."""
        time, channels = self.shapes[x]
        y = self._like(x, time + before + after, channels + beside)
        amounts = self.model.tensor((4, 2), "int32", data=self.axes([[0, 0], [0, 0], [before, after], [0, beside]]))
        self.model.operator("PAD", [x, amounts], [y], "PadOptions")
        return y

    def table(self, x: int, name: str = "LOGISTIC") -> int:
        """Add an elementwise operator with one operand and return its output."""
        scale, point = (1 / 256, -128) if name == "LOGISTIC" else (1 / 128, 0)
        y = self.model.tensor(self.axes((1, 1, *self.shapes[x])), "int8", scale, point)
        self.shapes[y] = self.shapes[x]
        self.model.operator(name, [x], [y])
        return y

    def channels(self, x: int, first: int, count: int, before: int = 0) -> int:
        """Add a SLICE of `count` channels and of the rows from `before`, and return its output."""
        time = self.shapes[x][0] - before
        y = self._like(x, time, count)
        self.model.operator(
            "SLICE",
            [x, *(self.model.integers(self.axes(values)) for values in ([0, 0, before, first], [1, 1, time, count]))],
            [y],
            "SliceOptions",
        )
        return y

    def halves(self, x: int) -> list[int]:
        """Add a SPLIT into two halves of the channels and return both."""
        time, channels = self.shapes[x]
        parts = [self._like(x, time, channels // 2) for _ in range(2)]
        self.model.operator("SPLIT", [self.model.integers([3]), x], parts, "SplitOptions", NumSplits=2)
        return parts

    def pool(self, x: int, width: int, stride: int = 1) -> int:
        """Add an AVERAGE_POOL_2D with a 1 x `width` window and VALID padding, and return its output."""
        time, channels = self.shapes[x]
        _, filter_h, filter_w, _ = self.axes((1, 1, width, 1))
        y = self._like(x, (time - width) // stride + 1, channels)
        self.model.operator(
            "AVERAGE_POOL_2D",
            [x],
            [y],
            "Pool2DOptions",
            Padding=1,
            **self._strides(stride),
            FilterHeight=filter_h,
            FilterWidth=filter_w,
        )
        return y

    def flat(self, x: int) -> int:
        """Add a RESHAPE to [time, channels] and a dense layer, and return its output."""
        time, channels = self.shapes[x]
        scale, point = self.quantisation(x)
        rows = self.model.tensor((time, channels), "int8", scale, point)
        self.model.operator("RESHAPE", [x, self.model.integers([-1, channels])], [rows], "ReshapeOptions")
        weights = self.model.tensor((3, channels), "int8", 0.01, data=self.draw.rng.integers(-127, 128, (3, channels)))
        y = self.model.tensor((time, 3), "int8", 0.06, 4)
        self.model.operator("FULLY_CONNECTED", [rows, weights, -1], [y], "FullyConnectedOptions")
        return y

    def reduced(self, x: int, name: str = "MEAN", keep: bool = True) -> int:
        """Add a reduction of the whole time axis and return its output, [1, channels] unless it keeps all axes."""
        channels = self.shapes[x][1]
        scale, point = self.quantisation(x)
        scale *= {"MEAN": 0.3, "SUM": 4}.get(name, 1)
        y = self.model.tensor((1, 1, 1, channels) if keep else (1, channels), "int8", scale, point)
        self.shapes[y] = (1, channels)
        axes = [1, 2] if not keep else [1 if self.upright else -2]
        self.model.operator(name, [x, self.model.integers(axes)], [y], "ReducerOptions", KeepDims=keep)
        return y

    def classified(self, x: int, classes: int, flat: bool = False) -> int:
        """Add a dense layer and a SOFTMAX of the only row of `x`, after a RESHAPE unless it is `flat`."""
        channels = self.shapes[x][1]
        if not flat:
            y = self.model.tensor((1, channels), "int8", *self.quantisation(x))
            self.model.operator("RESHAPE", [x, self.model.integers([1, channels])], [y], "ReshapeOptions")
            x = y
        weights = self.draw.rng.integers(-127, 128, (classes, channels))
        weights = self.model.tensor((classes, channels), "int8", 0.01, data=weights)
        scores = self.model.tensor((1, classes), "int8", 0.1, 4)
        self.model.operator("FULLY_CONNECTED", [x, weights, -1], [scores], "FullyConnectedOptions")
        y = self.model.tensor((1, classes), "int8", 1 / 256, -128)
        self.model.operator("SOFTMAX", [scores], [y], "SoftmaxOptions", Beta=1.0)
        return y

    def _like(self, x: int, time: int, channels: int) -> int:
        y = self.model.tensor(self.axes((1, 1, time, channels)), "int8", *self.quantisation(x))
        self.shapes[y] = (time, channels)
        return y


def stream(seed: int, time: int, padding: str, upright: bool = False) -> bytes:
    """Return a .tflite file whose outputs differ in length and delay.

    The graph has residual blocks, a gate and a delayed branch. If it is `upright`, time is the height.
    """
    grown = Stream(seed, upright)
    grown.padding = padding
    pick = grown.draw.integer
    channels = 2 * pick(3, 9)
    source = grown.tensor(time, pick(2, 9))
    x = first = grown.conv(source, channels, pick(1, 4), relu=True)
    side = grown.conv(source, 2 * pick(1, 4))
    for _ in range(2):
        y = grown.depthwise(x, pick(2, 7))
        y = grown.conv(grown.conv(y, pick(8, 20), relu=True), channels)
        lost = grown.shapes[x][0] - grown.shapes[y][0]
        x = grown.add(y, grown.crop(x, pick(0, lost), grown.shapes[y][0]) if lost else x)
    lost = grown.shapes[side][0] - grown.shapes[x][0]
    gate = grown.table(grown.conv(side, 1))
    late = grown.crop(gate, lost // 2, grown.shapes[x][0]) if lost else gate
    side = grown.crop(side, lost // 2, grown.shapes[x][0]) if lost else side
    left, right = grown.halves(x)
    joined = grown.join(left, side)
    causal = grown.padded(right, pick(1, 6), 0)
    valid, grown.padding = grown.padding, "VALID"
    causal = grown.conv(causal, 3, pick(1, 3))
    grown.padding = valid
    return grown.draw.finish(
        [source], [grown.conv(joined, pick(5, 21)), grown.flat(x), causal, late, grown.conv(first, 2)]
    )


def odd(seed: int, time: int, padding: str = "VALID", upright: bool = False) -> bytes:
    """Return a .tflite file that covers rare cases.

    Outputs include the delayed input, pooled and cropped channels, and a tensor cropped at its end.
    """
    grown = Stream(seed, upright)
    grown.padding = padding
    source = grown.tensor(time, 6)
    part = grown.channels(source, 1, 4, before=2)
    pooled = grown.pool(part, 3)
    wide = grown.padded(grown.conv(source, 4, 1), 3, 5)
    late = grown.depthwise(wide, 2)
    cut = grown.crop(pooled, 1, grown.shapes[pooled][0] - 3)
    return grown.draw.finish(
        [source], [pooled, grown.crop(source, 1, time - 1), late, grown.table(cut, "TANH"), grown.padded(part, 2, 1, 1)]
    )


def strided(seed: int, time: int, padding: str, upright: bool = False) -> bytes:
    """Return a .tflite file with strides along time, whose outputs have a row for 1, 2 or 4 input rows.

    `padding` is that of layers without a stride.
    """
    grown = Stream(seed, upright)
    pick = grown.draw.integer
    source = grown.tensor(time, 5)
    x = grown.conv(grown.padded(source, 1, 1), 8, 3, relu=True, stride=2)
    x = grown.add(x, grown.conv(source, 8, stride=2))
    grown.padding = padding
    y = grown.depthwise(x, pick(2, 5))
    lost = grown.shapes[x][0] - grown.shapes[y][0]
    x = grown.add(y, grown.crop(x, pick(0, lost), grown.shapes[y][0]) if lost else x)
    late = grown.conv(grown.padded(grown.channels(x, 1, 6, before=1), 2, 1, 1), 3, 2)
    quarter = grown.depthwise(grown.pool(x, pick(1, 4), stride=2), 3)
    other = grown.conv(x, 6, pick(1, 2), stride=2)
    grown.padding = "VALID"
    last = grown.depthwise(grown.conv(source, 4, 3), pick(3, 6), stride=4)
    return grown.draw.finish([source], [x, late, grown.flat(quarter), other, last, grown.conv(source, 2)])


def keyword(seed: int, time: int, padding: str = "VALID", upright: bool = False) -> bytes:
    """Return a .tflite file like keyword models, with a reduction of the whole time axis and one row in each output."""
    grown = Stream(seed, upright)
    pick = grown.draw.integer
    source = grown.tensor(time, 6)
    x = grown.conv(source, pick(4, 20), pick(2, 5), relu=True, stride=2)
    grown.padding = padding
    y = grown.depthwise(grown.conv(x, pick(8, 24)), pick(2, 5))
    pooled = grown.classified(grown.pool(y, grown.shapes[y][0]), pick(2, 12))
    mean = grown.classified(grown.reduced(y, keep=False), pick(2, 12), flat=True)
    least = grown.reduced(grown.conv(source, pick(1, 9)), "REDUCE_MIN")
    joined = grown.add(grown.reduced(x, "SUM"), grown.reduced(x, "REDUCE_MAX"))
    return grown.draw.finish(
        [source], [pooled, mean, least, grown.classified(grown.conv(joined, 7), 3), grown.table(grown.reduced(y))]
    )


def rows_of(seed: int, shape) -> np.ndarray:
    """Return random int8 input rows of this shape."""
    return np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)
