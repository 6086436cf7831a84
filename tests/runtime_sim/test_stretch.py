"""Stretch convolutional graphs to more rows. Every row must be bit-identical to the original graph's."""

import numpy as np
import pytest

from tests.operators.draw import Draw
from tests.support.paths import TINY
from tests.support.stacks import stack
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.graphs.stretch import stretched
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.speech import Speaker, ids_of
from ticktalk.runtime_sim.voice import load_voice


@pytest.mark.parametrize("seed", range(6))
def test_every_tensor_of_a_longer_run(seed):
    graph, rows, rng = load_graph(stack(seed), f"stack-{seed}"), 9, np.random.default_rng(seed)
    longer = stretched(graph, rows)
    source = graph.tensors[graph.inputs[0]].shape
    x = rng.integers(-128, 128, (1, 1, source[2] + rows, source[3])).astype(np.int8)
    every = Simulator(longer).run([x])
    short = Simulator(graph)
    for start in range(rows + 1):
        for index, values in short.run([x[:, :, start : start + source[2]].copy()]).items():
            assert np.array_equal(values, every[index][:, :, start : start + values.shape[2]]), (start, index)


def test_speech_does_not_depend_on_how_much_is_computed_at_once():
    voice = load_voice(TINY)
    phonemes = ids_of(voice, "many more phonemes than one chunk has")
    for count in (1, 2, 5, 13, len(phonemes)):
        ids, chunks = phonemes[:count], []
        chunked = Speaker(voice).speak(ids, trace=lambda *chunk, chunks=chunks: chunks.append(chunk[:2]))
        assert np.array_equal(Speaker(voice).speak(ids), chunked)
        assert [number for graph, number in chunks if graph == 0] == list(range(-(-count // 4)))


def convolution(padding: int = 1, stride: int = 1):
    """Return a 1x3 convolution of a tensor of shape [1, 1, 9, 2]. `padding` is 0 for SAME and 1 for VALID."""
    draw = Draw(1)
    time = -(-(9 if padding == 0 else 7) // stride)
    source, target = draw.activation_tensor((1, 1, 9, 2), scale=0.1), draw.activation_tensor((1, 1, time, 4), scale=0.2)
    weights = draw.model.tensor((4, 1, 3, 2), scale=[0.1] * 4, data=draw.values((4, 1, 3, 2)).clip(-127))
    draw.model.operator(
        "CONV_2D", [source, weights], [target], "Conv2DOptions", Padding=padding, StrideH=1, StrideW=stride
    )
    return load_graph(draw.finish([source], [target]))


def sliced(begin, end):
    """Return a slice of a tensor of shape [1, 1, 9, 2]."""
    draw = Draw(1)
    kept = len(range(9)[begin[2] : end[2]])
    source = draw.activation_tensor((1, 1, 9, 2), scale=0.1, zero_point=3)
    target = draw.activation_tensor((1, 1, kept, 2), scale=0.1, zero_point=3)
    draw.model.operator(
        "STRIDED_SLICE",
        [source, *map(draw.model.integers, (begin, end, [1, 1, 1, 1]))],
        [target],
        "StridedSliceOptions",
    )
    return load_graph(draw.finish([source], [target]))


def added(shape):
    """Return the addition of a tensor of shape [1, 1, 9, 2] and a constant of `shape`."""
    draw = Draw(1)
    source, target = draw.activation_tensor((1, 1, 9, 2), scale=0.1), draw.activation_tensor((1, 1, 9, 2), scale=0.2)
    constant = draw.model.tensor(shape, scale=0.1, zero_point=1, data=draw.values(shape))
    draw.model.operator("ADD", [source, constant], [target], "AddOptions")
    return load_graph(draw.finish([source], [target]))


@pytest.mark.parametrize(
    "graph",
    [
        convolution(),
        sliced([0, 0, 2, 0], [1, 1, 8, 2]),
        sliced([0, 0, 2, 0], [1, 1, 100, 2]),
        sliced([0, 0, 0, 0], [1, 1, -2, 2]),
        added((2,)),
        added((1, 1, 1, 2)),
    ],
)
def test_what_is_the_same_for_every_row_is_stretched(graph):
    longer = stretched(graph, 5)
    assert longer.tensors[longer.outputs[0]].shape[2] == graph.tensors[graph.outputs[0]].shape[2] + 5
    x = Draw(2).rng.integers(-128, 128, (1, 1, 14, 2)).astype(np.int8)
    expected, values = Simulator(graph).run([x[:, :, 5:].copy()]), Simulator(longer).run([x])
    assert np.array_equal(values[graph.outputs[0]][:, :, 5:], expected[graph.outputs[0]])


@pytest.mark.parametrize(
    "graph",
    [
        convolution(padding=0),
        convolution(stride=2),
        sliced([0, 0, -4, 0], [1, 1, 8, 2]),
        added((9, 2)),
        added((9, 1)),
    ],
)
def test_what_depends_on_the_place_in_time_is_not(graph):
    assert stretched(graph, 5) is None
