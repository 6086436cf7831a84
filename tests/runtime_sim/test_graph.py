"""Test the graphs that are read from .tflite files, and the errors for invalid files."""

import dataclasses
import re

import flatbuffers
import numpy as np
import pytest

from tests.support.models import network_input, small_network
from tests.support.tflite_builder import ModelBuilder
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator


def relu_model(scale=0.5, zero_point=0, shape=(1, 4), after=(1, 4), dtype="int8", **more):
    """Return a .tflite file with a single RELU."""
    model = ModelBuilder()
    source = model.tensor(shape, dtype, scale, zero_point, **more)
    target = model.tensor(after, "int8", 0.5, name="out")
    model.operator("RELU", [source], [target])
    return model.build([source], [target])


def refusal(data: bytes) -> str:
    """Return the error message for `data`, which must be refused."""
    with pytest.raises(ModelError) as caught:
        load_graph(data, "m.tflite")
    assert caught.value.exit_code == 4
    message = str(caught.value)
    assert message.startswith("m.tflite: ")
    assert "\n" not in message or re.match(r"m\.tflite: \d+ obstacles:\n", message)
    return message


def test_graph_has_what_the_file_has():
    graph = load_graph(small_network(), "net")
    assert graph.name == "net"
    assert [operator.name for operator in graph.operators] == [
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "ADD",
        "AVERAGE_POOL_2D",
        "STRIDED_SLICE",
        "CONCATENATION",
        "RESHAPE",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ]
    conv = graph.operators[0]
    assert conv.options == {
        "padding": "SAME",
        "stride_w": 1,
        "stride_h": 1,
        "activation": "RELU",
        "dilation_w": 1,
        "dilation_h": 1,
    }
    source, kernel, bias = (graph.tensors[index] for index in conv.inputs)
    assert source.index == graph.inputs[0] and source.data is None
    assert (source.shape, source.scale, source.zero_point) == ((1, 6, 8, 4), np.float32(0.5), -3)
    assert kernel.name == "kernel" and kernel.dtype == np.int8 and kernel.quantised_dimension == 0
    assert np.array_equal(kernel.scales, np.float32([0.02, 0.03, 0.01, 0.05]))
    assert not kernel.data.flags.writeable
    assert bias.data.tolist() == [5, -7, 0, 100]
    assert graph.operators[7].inputs[2] == -1
    assert graph.operators[8].options == {"beta": 1.0}


def test_graph_knows_who_writes_and_reads():
    graph = load_graph(small_network())
    first = graph.operators[0].outputs[0]
    assert graph.producers[first] is graph.operators[0]
    assert graph.consumers[first] == (graph.operators[1], graph.operators[2])


def test_graph_is_frozen():
    graph = load_graph(small_network())
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.tensors[0].shape = (1,)


def test_load_from_a_path(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(small_network())
    assert load_graph(path).name == "net.tflite"


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="none.tflite: cannot be read"):
        load_graph(tmp_path / "none.tflite")


@pytest.mark.parametrize("data", [b"", b"TFL3", b"hello world, this is no model", bytes(100)])
def test_other_files_are_refused(data):
    assert "not a .tflite file" in refusal(data)


def test_truncated_file_is_refused():
    assert "not a valid .tflite file" in refusal(small_network()[:-600])


def test_float_model_is_refused_by_its_operator():
    model = ModelBuilder()
    source, kernel, target = model.tensor((1, 3), "float32"), model.tensor((2, 3), "float32", data=np.ones(6)), 2
    model.tensor((1, 2), "float32", name="out")
    model.operator("FULLY_CONNECTED", [source, kernel, -1], [target], "FullyConnectedOptions")
    assert "operator 0 (FULLY_CONNECTED): tensor 0 't0' is float32: convert" in refusal(model.build([source], [target]))


def test_dequantize_inside_is_refused():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5), model.tensor((4,), "float32"), model.tensor((4,), "int8", 0.5)]
    model.operator("DEQUANTIZE", tensors[:1], tensors[1:2])
    model.operator("QUANTIZE", tensors[1:2], tensors[2:])
    message = refusal(model.build(tensors[:1], tensors[2:]))
    assert "operator 0 (DEQUANTIZE): tensor 1 't1' is float32 inside" in message
    assert "operator 1 (QUANTIZE): tensor 1 't1' is float32: convert" in message


def test_all_obstacles_are_named_at_once():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5, name=f"t{i}\n") for i in range(5)]
    model.operator("EXP", tensors[:1], tensors[1:2])
    model.operator("RELU", tensors[1:2], tensors[2:3])
    model.operator("RELU6", [model.tensor((4,), "int8", 0.25)], tensors[3:4])
    model.operator("TILE", tensors[3:4], tensors[4:])
    head, *lines = refusal(model.build([tensors[0], 5], tensors[4:])).splitlines()
    assert head == "m.tflite: 3 obstacles:"
    assert [line[: line.index(")") + 1] for line in lines] == [
        "  operator 0 (EXP)",
        "  operator 3 (TILE)",
        "  operator 2 (RELU6)",
    ]
    assert "tensor 4 't4\\n'" in lines[1] and "tensor 5 't5' and tensor 3 't3\\n'" in lines[2]


@pytest.mark.parametrize("batch", [1, -1])
def test_a_refused_model_whose_input_has_no_fixed_length_is_told_so(batch):
    """A batch of any size is usual, and a model without other obstacles runs with the length 1, as in TFLM."""
    for name in ("EXP", "RELU"):
        model = ModelBuilder()
        tensors = [model.tensor((1, 1, 4), "int8", 0.5) for _ in range(2)]
        model.signatures[0] = [batch, -1, 4]
        model.operator(name, tensors[:1], tensors[1:])
        data = model.build(tensors[:1], tensors[1:])
        if name == "RELU":
            assert load_graph(data).tensors[0].shape == (1, 1, 4)
        else:
            lines = refusal(data).splitlines()
            assert lines[0] == "m.tflite: 2 obstacles:" and lines[1].startswith("  operator 0 (EXP)")
            assert lines[2] == (
                "  input tensor 0 't0': axis 1 has no fixed length; export the model with a fixed input shape"
            )


def test_many_obstacles_are_counted_but_not_all_listed():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5) for _ in range(41)]
    for index in range(40):
        model.operator("EXP", tensors[index : index + 1], tensors[index + 1 : index + 2])
    lines = refusal(model.build(tensors[:1], tensors[40:])).splitlines()
    assert lines[0] == "m.tflite: 40 obstacles:" and len(lines) == 14 and lines[-1] == "  and 28 more"


@pytest.mark.parametrize("dimension", [0, 3])
def test_the_quantised_dimension_of_a_bias_is_ignored_as_in_tflite_micro(dimension):
    """In 2020, converters wrote dimension 3 for rank-1 biases. A channel whose weights are 0 may have the scale 0."""
    pytest.importorskip("tflite_micro")
    rng = np.random.default_rng(0)
    scales = np.float32([0.01, 0.02, 0, 0.04])
    model = ModelBuilder()
    source, target = model.tensor((1, 5, 5, 3), "int8", 0.5), model.tensor((1, 5, 5, 4), "int8", 0.25, 3)
    weights = rng.integers(-127, 128, (4, 3, 3, 3)) * (scales > 0)[:, None, None, None]
    kernel = model.tensor((4, 3, 3, 3), "int8", scales, 0, 0, data=weights)
    bias = model.tensor((4,), "int32", scales / 2, 0, dimension, data=[900, -1000, 7, 0])
    model.operator("CONV_2D", [source, kernel, bias], [target], "Conv2DOptions", StrideH=1, StrideW=1)
    data = model.build([source], [target])
    value = rng.integers(-128, 128, (1, 5, 5, 3)).astype(np.int8)
    assert np.array_equal(Simulator(load_graph(data)).run([value])[target], oracles.tflm(data).run([value])[target])


@pytest.mark.parametrize("name", ["EXP", "TILE", "WHERE"])
def test_unknown_operator_is_refused_by_name_and_place(name):
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5) for _ in range(3)]
    model.operator("RELU", tensors[:1], tensors[1:2])
    model.operator(name, tensors[1:2], tensors[2:])
    assert f"operator 1 ({name}) is not supported; it writes tensor 2 't2': use" in refusal(
        model.build(tensors[:1], tensors[2:])
    )


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_scale_that_is_no_positive_number_is_refused(scale):
    assert "tensor 0 't0': has a scale" in refusal(relu_model(scale=scale))


def test_zero_point_outside_of_the_type_is_refused():
    assert "tensor 0 't0': has zero points" in refusal(relu_model(zero_point=128))


def test_scales_that_do_not_fit_to_the_shape_are_refused():
    assert "has 3 scales that do not match dimension 1" in refusal(relu_model(scale=[1, 2, 3], dimension=1))


def test_scales_per_channel_of_a_computed_tensor_are_refused():
    assert "quantised per channel" in refusal(relu_model(scale=[1, 2, 3, 4], dimension=1))


def test_tensor_without_quantisation_is_refused():
    assert "tensor 0 't0' has no quantisation" in refusal(relu_model(scale=None))


@pytest.mark.parametrize("shape", [(0, 4), (-1, 4), (1 << 20, 1 << 20), (1,) * 9])
def test_shape_that_no_watch_has_is_refused(shape):
    assert "tensor 0 't0': has shape" in refusal(relu_model(shape=shape))


def test_output_of_another_shape_is_refused():
    assert "tensor 1 'out' has shape [2, 2], but the result has shape [1, 4]" in refusal(relu_model(after=(2, 2)))


def test_unsupported_type_is_refused_by_name():
    assert "tensor 0 't0' is uint8, not int8" in refusal(relu_model(dtype="uint8"))


def test_names_cannot_break_the_line():
    assert "'bad\\nname" in refusal(relu_model(scale=0.0, name="bad\nname"))


def test_reading_before_writing_is_refused():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5) for _ in range(3)]
    model.operator("RELU", tensors[1:2], tensors[2:])
    model.operator("RELU", tensors[:1], tensors[1:2])
    assert "operator 0 (RELU): reads tensor 1 't1' before it is written" in refusal(
        model.build(tensors[:1], tensors[2:])
    )


def test_writing_twice_is_refused():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5) for _ in range(2)]
    for _ in range(2):
        model.operator("RELU", tensors[:1], tensors[1:])
    assert "operator 1 (RELU): writes tensor 1 't1', which already has" in refusal(
        model.build(tensors[:1], tensors[1:])
    )


def test_tensor_that_does_not_exist_is_refused():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5) for _ in range(2)]
    model.operator("RELU", [77], tensors[1:])
    assert "operator 0 (RELU): reads tensor 77, but the graph has 2 tensors" in refusal(
        model.build(tensors[:1], tensors[1:])
    )


def test_output_that_nobody_writes_is_refused():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5) for _ in range(2)]
    model.operator("RELU", tensors[:1], tensors[1:])
    assert "must have outputs, each written by an operator" in refusal(model.build(tensors[:1], tensors[:1]))


def test_relu6_that_would_rescale_is_refused():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", 0.5), model.tensor((4,), "int8", 0.25)]
    model.operator("RELU6", tensors[:1], tensors[1:])
    assert "operator 0 (RELU6): tensor 0 't0' and tensor 1 't1' must have the same scale" in refusal(
        model.build(tensors[:1], tensors[1:])
    )


def test_concatenation_that_would_rescale_is_refused():
    model = ModelBuilder()
    tensors = [model.tensor((4,), "int8", scale) for scale in (0.5, 0.25)] + [model.tensor((8,), "int8", 0.5)]
    model.operator("CONCATENATION", tensors[:2], tensors[2:], "ConcatenationOptions")
    assert "must have the same scale" in refusal(model.build(tensors[:2], tensors[2:]))


def test_a_file_without_a_graph_is_refused():
    builder = flatbuffers.Builder(0)
    vector = ModelBuilder._offsets(builder, [])
    builder.Finish(ModelBuilder._table(builder, "Model", Version=3, Subgraphs=vector), b"TFL3")
    assert "has no subgraph" in refusal(bytes(builder.Output()))


def shaped_by_its_input(filling: str) -> bytes:
    """Return a model in which RESHAPE gets its shape from SHAPE, STRIDED_SLICE and PACK, as written by converters.

    The operator that `filling` names (FILL or BROADCAST_TO) creates a constant operand.
    """
    model = ModelBuilder()
    source = model.tensor((2, 3, 4), "int8", 0.5, 3)
    shape, first = model.tensor((3,), "int32"), model.tensor((), "int32")
    flat, packed = model.tensor((2, 12), "int8", 0.5, 3), model.tensor((2,), "int32")
    filled, target = model.tensor((2, 12), "int8", 0.5, 3), model.tensor((2, 24), "int8", 0.5, 3)
    model.operator("SHAPE", [source], [shape], "ShapeOptions", OutType=2)
    limits = [model.integers([each]) for each in (0, 1, 1)]
    model.operator("STRIDED_SLICE", [shape, *limits], [first], "StridedSliceOptions", ShrinkAxisMask=1)
    model.operator("PACK", [first, model.tensor((), "int32", data=12)], [packed], "PackOptions", ValuesCount=2)
    model.operator("RESHAPE", [source, packed], [flat])
    value = model.tensor((), "int8", 0.5, 3, data=-9)
    extents = model.integers([2, 12])  # TFLite Micro requires a constant here
    model.operator(filling, [extents, value] if filling == "FILL" else [value, extents], [filled])
    model.operator("CONCATENATION", [flat, filled], [target], "ConcatenationOptions", Axis=1)
    return model.build([source], [target])


@pytest.mark.parametrize("name", ["FILL", "BROADCAST_TO"])
def test_what_depends_on_shapes_only_is_computed_when_the_file_is_read(name):
    pytest.importorskip("tflite_micro")
    data = shaped_by_its_input(name)
    graph = load_graph(data)
    assert [operator.name for operator in graph.operators] == ["RESHAPE", "CONCATENATION"]
    assert graph.removed == ("SHAPE", "STRIDED_SLICE", "PACK", name)
    value = np.arange(24, dtype=np.int8).reshape(2, 3, 4)
    ours, theirs = Simulator(graph).run([value]), oracles.tflm(data).run([value])
    assert all(np.array_equal(ours[index], theirs[index]) for index in graph.producers)
    assert (ours[graph.outputs[0]][:, 12:] == -9).all()


def test_a_shape_that_is_not_known_is_refused():
    model = ModelBuilder()
    source, extents = model.tensor((4,), "int8", 0.5), model.tensor((1,), "int32")
    target = model.tensor((4,), "int8", 0.5)
    model.operator("FILL", [extents, source], [target])
    assert "operator 0 (FILL) needs constants as inputs" in refusal(model.build([source, extents], [target]))


@pytest.mark.parametrize("value", [np.zeros((6, 8, 4), np.int8), np.zeros((1, 6, 8, 4), np.int16)])
def test_simulator_refuses_another_input(value):
    with pytest.raises(ModelError, match="net: tensor .* takes int8"):
        Simulator(load_graph(small_network(), "net")).run([value])


def test_simulator_refuses_another_number_of_inputs():
    with pytest.raises(ModelError, match="takes 1 inputs, but got 2"):
        Simulator(load_graph(small_network(), "net")).run([network_input()] * 2)


def test_a_graph_made_by_hand_with_an_operator_that_is_not_supported_is_refused():
    graph = load_graph(relu_model())
    strange = dataclasses.replace(graph, operators=(dataclasses.replace(graph.operators[0], name="TILE"),))
    with pytest.raises(ModelError, match=r"operator 0 \(TILE\): is not supported"):
        Simulator(strange).run([np.zeros((1, 4), np.int8)])
