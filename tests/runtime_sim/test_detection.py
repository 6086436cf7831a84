"""DETECTION_POSTPROCESS with all box encodings, and what it refuses."""

import numpy as np
import pytest

from tests.operators.draw import Draw
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

OPTIONS = {
    "max_detections": 256, "num_classes": 1, "max_classes_per_detection": 1, "use_regular_nms": False,
    "nms_iou_threshold": 1.0, "nms_score_threshold": -1e9, "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0,
    "w_scale": 5.0,
}  # fmt: skip


def model(draw: Draw, dtype="int8", scale=0.05, classes=1, anchors=None, read=True, **options) -> bytes:
    """Return a model with 256 boxes, all of which are results unless options say otherwise.

    If `read` is false, DEQUANTIZE has no input.
    """
    most = {**OPTIONS, **options}["max_detections"]
    sources = [
        draw.activation_tensor((1, 256, 4), dtype, scale, None if dtype == "uint8" else 5),
        draw.activation_tensor((1, 256, classes)),
    ]
    between = [draw.model.tensor(shape, "float32") for shape in ((1, 256, 4), (1, 256, classes))]
    for source, target in zip(sources, between, strict=True):
        draw.model.operator("DEQUANTIZE", [source] if read else [], [target], "DequantizeOptions")
    anchors = draw.rng.uniform(0.05, 1, (256, 4)) if anchors is None else anchors
    anchors = draw.model.tensor((256, 4), "float32", data=anchors)
    targets = [draw.model.tensor(shape, "float32") for shape in ((1, most, 4), (1, most), (1, most), (1,))]
    draw.model.operator("DETECTION_POSTPROCESS", [*between, anchors], targets, **{**OPTIONS, **options})
    return draw.finish(sources, targets)


def test_boxes_of_a_broken_operator_are_refused():
    """A regression test for a bug that was found by mutants."""
    with pytest.raises(ModelError, match="tensor 2 '.*' must be computed by DEQUANTIZE from int8 or uint8"):
        load_graph(model(Draw(0), read=False))


@pytest.mark.parametrize("seed", range(12))
def test_every_box_encoding_is_decoded_as_in_tflite_micro(seed):
    pytest.importorskip("tflite_micro")
    draw = Draw(seed)
    dtype, scales = draw.pick("int8", "uint8"), [float(draw.rng.uniform(1, 12)) for _ in range(4)]
    options = dict(zip(("y_scale", "x_scale", "h_scale", "w_scale"), scales, strict=True))
    data = model(draw, dtype, draw.scale(-7, -4), **options)
    graph, oracle = load_graph(data), oracles.tflm(data)
    boxes = np.stack([draw.rng.permutation(256) for _ in range(4)], axis=1)[None]
    inputs = [(boxes - np.uint8(dtype == "int8") * 128).astype(dtype), draw.values((1, 256, 1))]
    ours, theirs = Simulator(graph).run(inputs), oracle.run(inputs)
    assert ours[graph.outputs[3]] == 256
    assert all(np.array_equal(ours[index], theirs[index]) for index in theirs)


@pytest.mark.parametrize(("changes", "problem"), [
    ({"dtype": "int16"}, "tensor 2 '.*' must be computed by DEQUANTIZE from int8 or uint8"),
    ({"num_classes": 3}, "has 1 columns, which do not match num_classes 3"),
    ({"classes": 2, "num_classes": 2, "max_classes_per_detection": 2}, "only with max_classes_per_detection 1"),
    ({"use_regular_nms": True, "detections_per_class": 0}, "detections_per_class 0 must be at least 1"),
    ({"nms_iou_threshold": 1.5}, r"nms_iou_threshold 1.5 in \(0, 1\]"),
    ({"h_scale": 0.0}, "h_scale must be finite and not 0"),
    ({"anchors": np.zeros((256, 4))}, "anchor 0 gives a box without height"),
    ({"scale": 0.9}, "anchor 0 gives a box without height"),
    ({"num_classes": 1.5}, "the option num_classes is 1.5, which is not an integer"),
])  # fmt: skip
def test_what_could_fail_is_refused(changes, problem):
    with pytest.raises(ModelError, match=rf"operator 2 .DETECTION_POSTPROCESS.: .*{problem}"):
        Simulator(load_graph(model(Draw(0), **changes))).run([])
