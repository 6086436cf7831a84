"""Small files that ask for much memory or time when they are read, and constants that are not computed."""

import tracemalloc

import pytest

from tests.support.tflite_builder import ModelBuilder
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph

SIDE = 1 << 20  # SIDE x SIDE numbers do not fit in memory


def filled(model: ModelBuilder, shape: tuple[int, ...]) -> int:
    """Add a FILL of int32 zeros and return its output."""
    target = model.tensor(shape, "int32")
    model.operator("FILL", [model.integers(shape), model.tensor((), "int32", data=0)], [target])
    return target


def returning(model: ModelBuilder, operands: list[int], name: str, table: str | None, shape=(4,), **options) -> bytes:
    """Return a model that adds the result of the operator `name` to its input."""
    source, result, total = (model.tensor(each, "int32") for each in ((4,), shape, (4,)))
    model.operator(name, operands, [result], table, **options)
    model.operator("ADD", [source, result], [total], "AddOptions")
    return model.build([source], [total])


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"])
def test_constants_that_broadcast_to_a_huge_one_are_refused(name):
    model = ModelBuilder()
    table = "MaximumMinimumOptions" if name.startswith("M") and name != "MUL" else f"{name.capitalize()}Options"
    data = returning(model, [filled(model, (SIDE, 1)), filled(model, (1, SIDE))], name, table)
    with pytest.raises(ModelError, match=name):
        load_graph(data)


def test_huge_stacks_and_selections_of_constants_are_refused():
    model = ModelBuilder()
    large = filled(model, (1, SIDE))
    with pytest.raises(ModelError, match="PACK"):
        load_graph(returning(model, [large] * 5000, "PACK", "PackOptions", ValuesCount=5000))
    model = ModelBuilder()
    large = filled(model, (1, SIDE))
    with pytest.raises(ModelError, match="CONCATENATION"):
        load_graph(returning(model, [large] * 5000, "CONCATENATION", "ConcatenationOptions"))
    model = ModelBuilder()
    with pytest.raises(ModelError, match="GATHER"):
        load_graph(returning(model, [filled(model, (1, SIDE)), filled(model, (SIDE,))], "GATHER", "GatherOptions"))


def test_a_shape_in_a_type_other_than_int32_and_int64_is_refused():
    model = ModelBuilder()
    source, shape = model.tensor((1, 300), "int8", 0.5), model.tensor((2,), "int8", 0.5)
    target = model.tensor((2,), "int8", 0.5)
    model.operator("SHAPE", [source], [shape], "ShapeOptions", OutType=9)
    model.operator("RELU", [shape], [target])
    with pytest.raises(ModelError, match="SHAPE"):
        load_graph(model.build([source], [target]))


@pytest.mark.parametrize("name", ["SUB", "MUL"])
def test_constants_are_not_computed_without_their_activation(name):
    model = ModelBuilder()
    operands = [model.integers([-3, 5, 0, 7]), model.integers([4, 4, 4, 4])]
    table = f"{name.capitalize()}Options"
    with pytest.raises(ModelError, match="a fused activation is not supported"):
        load_graph(returning(model, operands, name, table, FusedActivationFunction=1))


@pytest.mark.parametrize("options", [{"indices": [-1, 0, 0, 0]}, {"BatchDims": 1}])
def test_selections_that_tflite_micro_does_not_make_are_refused(options):
    model = ModelBuilder()
    operands = [model.integers([5, 6, 7, 8]), model.integers(options.pop("indices", [0, 1, 2, 3]))]
    with pytest.raises(ModelError, match="GATHER"):
        load_graph(returning(model, operands, "GATHER", "GatherOptions", **options))


def test_anchors_by_the_thousand_are_checked_with_little_memory():
    """A small file can have many anchors, because FILL makes them. One has no height."""
    model, count = ModelBuilder(), 1 << 17
    boxes, scores = model.tensor((1, count, 4), "int8", 0.1), model.tensor((1, count, 1), "int8", 0.1)
    between = [model.tensor(shape, "float32") for shape in ((1, count, 4), (1, count, 1))]
    for source, target in zip((boxes, scores), between, strict=True):
        model.operator("DEQUANTIZE", [source], [target], "DequantizeOptions")
    anchors = model.tensor((count, 4), "float32")
    model.operator("FILL", [model.integers([count, 4]), model.tensor((), "float32", data=1e30)], [anchors])
    targets = [model.tensor(shape, "float32") for shape in ((1, 2, 4), (1, 2), (1, 2), (1,))]
    model.operator(
        "DETECTION_POSTPROCESS", [*between, anchors], targets, max_detections=2, num_classes=1,
        max_classes_per_detection=1, nms_iou_threshold=0.5, y_scale=1e-9, x_scale=1.0, h_scale=1.0, w_scale=1.0,
    )  # fmt: skip
    data = model.build([boxes, scores], targets)
    assert len(data) < 5000
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match="anchor 0 gives a box without height"):
            load_graph(data)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_state_that_does_not_fit_in_a_watch_is_refused():
    model = ModelBuilder()
    source, target = (model.tensor((SIDE, 1), "int16") for _ in range(2))
    model.operator("SIGNAL_DELAY", [source], [target], delay_length=65535)
    with pytest.raises(ModelError, match="a delay of 1048576 x 65535 samples is too long"):
        load_graph(model.build([source], [target]))


def test_states_count_as_tensors():
    model = ModelBuilder()
    source = x = model.tensor((32, 1), "int16")
    for _ in range(17):
        x, before = model.tensor((32, 1), "int16"), x
        model.operator("SIGNAL_DELAY", [before], [x], delay_length=65535)
    with pytest.raises(ModelError, match="more than 33554432 elements in total"):
        load_graph(model.build([source], [x]))


def test_too_many_outputs_are_refused():
    model = ModelBuilder()
    source, target = (model.tensor((4,), "int8", 0.5) for _ in range(2))
    model.operator("RELU", [source], [target])
    with pytest.raises(ModelError, match="has more than 32768 operators, tensors, inputs or outputs"):
        load_graph(model.build([source], [target] * 32769))
