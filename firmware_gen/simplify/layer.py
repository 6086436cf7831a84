"""Compute bounds for the accumulators of convolutions and dense layers, over all possible inputs."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.graph.requantise import bias
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.fully_connected import factors_of
from ticktalk.runtime_sim.ops.shared import weights, window
from ticktalk.runtime_sim.ops.shared.requantise import OutputStage

LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")

_WIDEST = 1 << 32  # with this bound on the sums, OutputStage applies the definition
_MOST_PLACES = 1 << 16  # values of Layer.places; a layer with more is not analysed
_EXACT = 1 << 47  # int64 accumulators below this limit do not overflow when they are rescaled


def products(operator: Operator, graph: Graph) -> int:
    """Return the number of multiply-adds of a layer in LAYERS, and 0 for any other operator."""
    if operator.name not in LAYERS:
        return 0
    kernel, target = graph.tensors[operator.inputs[1]], graph.tensors[operator.outputs[0]]
    return kernel.size * (target.size // target.shape[-1])


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer as sums of products: output o adds x[sources[o, k]] * rows[o, t, k] over the taps t and the terms k.

    `rows` is int64 [O, T, K], and `sources`, int [O, K] or [1, K], holds the input channel of each term. `places` is
    bool [P, T], with a row for each set of taps that lie inside the input at some position. `bias` is int64 [O].
    """

    node: Node
    rows: np.ndarray
    sources: np.ndarray
    places: np.ndarray
    bias: np.ndarray
    stage: OutputStage

    @staticmethod
    def of(operator: Operator, graph: Graph) -> "Layer | None":
        """Return the layer that `operator` computes, or None if it is too large or its input has no channels or is a
        constant."""
        node = Node(operator, graph)
        source, kernel, target = (graph.tensors[index] for index in (*operator.inputs[:2], operator.outputs[0]))
        if source.data is not None:
            return None
        data, depth = kernel.constant.astype(np.int64), (1, *source.shape)[-1]
        if operator.name == "FULLY_CONNECTED":
            outputs, terms = data.shape
            if terms % depth:
                return None
            rows, sources, places = data[:, None, :], np.arange(terms)[None, :] % depth, np.ones((1, 1), bool)
            factors = factors_of(node, source, kernel, target, outputs)
        else:
            if operator.name == "CONV_2D":
                outputs, height, width, terms = data.shape
                rows = data.reshape(outputs, height * width, terms)
                groups = np.arange(outputs) // (outputs * terms // depth)
                sources = groups[:, None] * terms + np.arange(terms)
                sources = sources[:1] if terms == depth else sources
            else:
                _, height, width, outputs = data.shape
                rows = data.reshape(height * width, outputs).T[:, :, None]
                sources = np.arange(outputs)[:, None] // (outputs // depth)
            axes = window.axes(node, source, height, width)
            if max(axis.kernel * axis.out for axis in axes) > _MOST_PLACES:
                return None
            places = _places(*axes)
            factors = weights.channel_factors(node, source, kernel, target, outputs)
        if places.size > _MOST_PLACES:
            return None
        offsets = bias(node, outputs)
        return Layer(node, rows, sources, places, offsets, OutputStage(node, target, factors, offsets))

    def accumulators(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the minimum and the maximum accumulator of each output, including the bias, as int64 [O].

        `low` and `high` are the bounds of the input channels, minus the zero point. Each product is monotonic in x, so
        its bounds are at the ends of the range of x. A tap outside the input adds nothing, because padding has the
        value of the zero point.
        """
        ends = low[self.sources], high[self.sources]
        signs = np.maximum(self.rows, 0), np.minimum(self.rows, 0)
        least, most = (
            sum(np.einsum("otk,ok->ot", rows, end) for rows, end in zip(signs, pair)) for pair in (ends, ends[::-1])
        )
        masks = self.places.astype(np.int64)
        return (least @ masks.T).min(1) + self.bias, (most @ masks.T).max(1) + self.bias

    @property
    def padded(self) -> bool:
        """Whether a tap lies outside the input at some position."""
        return not self.places.all()

    def results(self, least: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the outputs for these bounds of the accumulators.

        Requantising is monotonic unless an intermediate value wraps. If an intermediate value can wrap, the bounds are
        the limits of the clamp.
        """
        finish = self.stage.finish(np.array([_WIDEST]))
        ends = [finish((acc - self.bias).astype(np.float64)).astype(np.int64) for acc in (least, most)]
        reach = np.maximum(np.abs(least), np.abs(most))
        narrow = self.stage.dtype == np.int8
        safe = reach << np.maximum(self.stage.s, 0) < 1 << 31 if narrow else reach < _EXACT
        safe &= np.abs(self.bias.astype(np.float64)) < _EXACT
        return np.where(safe, ends[0], self.stage.low), np.where(safe, ends[1], self.stage.high)


def _places(height: window.Axis, width: window.Axis) -> np.ndarray:
    """Return bool [P, T]: the sets of taps that lie inside the input at some position."""
    rows, columns = (_inside(axis) for axis in (height, width))
    return (rows[:, None, :, None] & columns[None, :, None, :]).reshape(len(rows) * len(columns), -1)


def _inside(axis: window.Axis) -> np.ndarray:
    """Return bool [P, taps]: the sets of taps that lie inside the input at some position along an axis."""
    taps = np.arange(axis.kernel) * axis.dilation + np.arange(axis.out)[:, None] * axis.stride - axis.before
    return np.unique((taps >= 0) & (taps < axis.extent), axis=0)
