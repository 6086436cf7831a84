"""A graph whose time axis is the height is compiled to the C of the same graph with time as the width."""

import numpy as np
import pytest

from tests.support.streams import Stream, keyword, odd, rows_of, stream, strided
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.schedule import schedule
from ticktalk.firmware_gen.graph.stream import compile_stream
from ticktalk.firmware_gen.graph.turn import time_as_width
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator


def check(upright, wide) -> None:
    """Check that the C of both graphs is identical, and that both graphs and the rewritten one compute the same
    bytes."""
    turned, which = time_as_width(upright)
    assert upright.inputs[0] in which and time_as_width(wide) == (wide, frozenset())
    (source,) = (wide.tensors[index] for index in wide.inputs)
    x = rows_of(1, source.shape)
    expected, same = (Simulator(graph).run([x]) for graph in (wide, turned))
    found = Simulator(upright).run([x.swapaxes(1, 2)])
    assert [values.tobytes() for values in found.values()] == [values.tobytes() for values in expected.values()]
    assert [values.tobytes() for values in same.values()] == [values.tobytes() for values in expected.values()]
    for isa in ("portable", "dsp", "mve"):
        made, other = (compile_stream(graph, "g", isa=isa) for graph in (upright, wide))
        assert made.files == other.files and made.facts == other.facts


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("kind", [stream, odd, strided, keyword])
@pytest.mark.parametrize("seed", [7, pytest.param(8, marks=pytest.mark.long)])
def test_random_graphs_become_the_same_c(kind, padding, seed):
    check(*(load_graph(kind(seed, 33, padding, upright)) for upright in (True, False)))


def pooled(grown, x):
    y = grown._like(x, 10, 6)
    _, filter_h, filter_w, _ = grown.axes([1, 1, 3, 1])
    options = {"FilterHeight": filter_h, "FilterWidth": filter_w, "StrideH": 1, "StrideW": 1, "Padding": 1}
    grown.model.operator("MAX_POOL_2D", [x], [y], "Pool2DOptions", **options)
    return y


def dilated(grown, x):
    y = grown._like(x, 8, 2)
    weights = grown.draw.rng.integers(-127, 128, (2, 1, 3, 6))
    shape = grown.axes(weights.shape)
    w = grown.model.tensor(shape, "int8", 0.01, data=weights.reshape(shape))
    _, dilation_h, dilation_w, _ = grown.axes([1, 1, 2, 1])
    options = {"DilationHFactor": dilation_h, "DilationWFactor": dilation_w, "StrideH": 1, "StrideW": 1, "Padding": 1}
    grown.model.operator("CONV_2D", [x, w], [y], "Conv2DOptions", **options)
    return y


def masked(grown, x):
    """Return a slice from row 2 to the end, which a mask states. Its operands omit the axes behind time."""
    y = grown._like(x, 10, 6)
    count = 2 if grown.upright else 3
    limits = [grown.model.integers(grown.axes(values)[:count]) for values in ([0, 0, 2, 0], [1, 1, 5, 0], [1, 1, 1, 1])]
    grown.model.operator("STRIDED_SLICE", [x, *limits], [y], "StridedSliceOptions", EndMask=2 if grown.upright else 4)
    return y


def halved(grown, x):
    """Return a slice of rows and channels."""
    y = grown._like(x, 9, 3)
    limits = [grown.model.integers(grown.axes(values)) for values in ([0, 0, 2, 1], [0, 0, -1, 4], [1, 1, 1, 1])]
    mask = 1 | (4 if grown.upright else 2)
    grown.model.operator("STRIDED_SLICE", [x, *limits], [y], "StridedSliceOptions", EndMask=mask)
    return y


def constant(grown, x):
    y = grown.tensor(12, 6)
    shape = grown.axes([1, 1, 1, 6])
    c = grown.model.tensor(shape, "int8", 0.05, data=grown.draw.rng.integers(-9, 9, shape))
    grown.model.operator("ADD", [x, c], [y], "AddOptions")
    return y


def per_row(grown, x):
    """Return a dense layer that keeps the axes, and SOFTMAX."""
    y, z = grown._like(x, 12, 4), grown.model.tensor(grown.axes([1, 1, 12, 4]), "int8", 1 / 256, -128)
    weights = grown.model.tensor((4, 6), "int8", 0.01, data=grown.draw.rng.integers(-127, 128, (4, 6)))
    grown.model.operator("FULLY_CONNECTED", [x, weights, -1], [y], "FullyConnectedOptions", KeepNumDims=True)
    grown.model.operator("SOFTMAX", [y], [z], "SoftmaxOptions", Beta=1.0)
    return z


def there_and_back(grown, x):
    """Return a layer of a tensor that becomes flat, and then 4-D again with the same time axis."""
    scale, point = grown.quantisation(x)
    flat = grown.model.tensor((12, 6), "int8", scale, point)
    grown.model.operator("RESHAPE", [x, grown.model.integers([12, 6])], [flat], "ReshapeOptions")
    again = grown._like(x, 12, 6)
    grown.model.operator("RESHAPE", [flat, grown.model.integers([1, 1, 12, 6])], [again], "ReshapeOptions")
    return grown.depthwise(again, 3)


def single(grown, x):
    """Return a layer of a single row that PAD has extended."""
    y = x
    for width in (7, 6):
        y = grown.conv(y, 6, width)
    return grown.depthwise(grown.padded(y, 3, 2), 2)


@pytest.mark.parametrize(
    "grow", [pooled, dilated, masked, halved, constant, per_row, there_and_back, single], ids=lambda grow: grow.__name__
)
def test_every_form_of_operands(grow):
    check(*(load_graph(grown(grow, upright)) for upright in (True, False)))


def grown(grow, upright: bool) -> bytes:
    stack = Stream(5, upright)
    source = stack.tensor(12, 6)
    return stack.draw.finish([source], [grow(stack, source)])


def test_layers_after_a_reshape_to_the_other_axis():
    """Time is the width of the input, and the height after a RESHAPE."""
    stack = Stream(5)
    source = stack.tensor(12, 6)
    stack.upright = True
    upright = stack._like(source, 12, 6)
    stack.model.operator("RESHAPE", [source, stack.model.integers([1, 12, 1, 6])], [upright], "ReshapeOptions")
    graph = load_graph(stack.draw.finish([source], [stack.conv(upright, 3, 4)]))
    plan = schedule(graph)
    assert [plan.axis(index) for index in (*graph.inputs, *graph.outputs)] == [2, 1]
    x = rows_of(1, (1, 1, 12, 6))
    values = [Simulator(each).run([x])[graph.outputs[0]] for each in (graph, plan.graph)]
    assert values[0].shape == (1, 9, 1, 3) and values[1].shape == (1, 1, 9, 3)
    assert np.array_equal(values[0].swapaxes(1, 2), values[1])


def both(stack, x):
    """Return ADD of [1, time, 1, channels] and [1, 1, time, channels], which has a value for each pair of rows."""
    scale, point = stack.quantisation(x)
    wide = stack.model.tensor((1, 1, 12, 6), "int8", scale, point)
    stack.model.operator("RESHAPE", [x, stack.model.integers([1, 1, 12, 6])], [wide], "ReshapeOptions")
    y = stack.model.tensor((1, 12, 12, 6), "int8", 0.1)
    stack.model.operator("ADD", [x, wide], [y], "AddOptions")
    return y


def wider(stack, x):
    y = stack.model.tensor((1, 12, 3, 6), "int8", *stack.quantisation(x))
    amounts = stack.model.tensor((4, 2), "int32", data=[[0, 0], [0, 0], [1, 1], [0, 0]])
    stack.model.operator("PAD", [x, amounts], [y], "PadOptions")
    return y


def spread(stack, x):
    y = stack.model.tensor((1, 12, 3, 6), "int8", 0.1)
    c = stack.model.tensor((3, 1), "int8", 0.05, data=[[1], [2], [3]])
    stack.model.operator("MUL", [x, c], [y], "MulOptions")
    return y


def fifth(stack, x):
    y = stack.model.tensor((2, 1, 12, 1, 6), "int8", 0.1)
    c = stack.model.tensor((2, 1, 1, 1, 1), "int8", 0.05, data=[1, 2])
    stack.model.operator("MUL", [x, c], [y], "MulOptions")
    return y


def varies(stack, x):
    y = stack.tensor(12, 6)
    c = stack.model.tensor((12, 1, 1), "int8", 0.05, data=range(12))
    stack.model.operator("MUL", [x, c], [y], "MulOptions")
    return y


def across(stack, x):
    y = stack._like(x, 12, 6)
    options = {"FilterHeight": 1, "FilterWidth": 1, "StrideH": 1, "StrideW": 2, "Padding": 1}
    stack.model.operator("AVERAGE_POOL_2D", [x], [y], "Pool2DOptions", **options)
    return y


@pytest.mark.parametrize(
    ("grow", "why"),
    [
        (both, r"operator 1 \(ADD\) cannot be streamed: it has inputs with different time axes"),
        (wider, r"operator 0 \(PAD\) cannot be streamed: it adds another axis"),
        (spread, r"operator 0 \(MUL\) cannot be streamed: it adds another axis"),
        (fifth, r"operator 0 \(MUL\) cannot be streamed: it adds another axis"),
        (varies, r"operator 0 \(MUL\) cannot be streamed: it has a constant operand that varies along the time axis"),
        (across, r"operator 0 \(AVERAGE_POOL_2D\) cannot be streamed: it has a size or stride greater than 1"),
    ],
)
def test_what_cannot_be_streamed(grow, why):
    with pytest.raises(BuildError, match=why):
        schedule(load_graph(grown(grow, True)))
