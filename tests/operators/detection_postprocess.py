"""DETECTION_POSTPROCESS."""

import numpy as np


def case(draw) -> bytes:
    """Return a model that decodes up to forty boxes. Coarse scores give ties, and high thresholds no detections."""
    count, classes, background = draw.integer(2, 40), draw.pick(1, 1, draw.integer(1, 7)), draw.integer(0, 1)
    most, width, regular = draw.pick(draw.integer(2, 12), 40), draw.pick(4, 4, 6), draw.pick(False, True)
    boxes = _float(draw, (1, count, width), draw.pick("int8", "uint8"), draw.scale(-7, -3))
    scores = _float(draw, (1, count, classes + background), draw.pick("int8", "uint8", "int16"), draw.scale(-9, -1))
    # As in real models, many anchors have the same centre.
    anchors = np.concatenate(
        [draw.rng.integers(0, draw.pick(1, 2, 5), (count, 2)) / 4, draw.rng.uniform(0.05, 1, (count, 2))], axis=1
    )
    anchors = draw.model.tensor((count, 4), "float32", data=anchors)
    targets = [draw.model.tensor(shape, "float32") for shape in ((1, most, 4), (1, most), (1, most), (1,))]
    inputs, between = zip(boxes, scores, strict=True)
    place, extent = (draw.pick((4.0, 4.0), (10.0, 10.0), tuple(draw.rng.uniform(3, 12, 2).tolist())) for _ in range(2))
    draw.model.operator(
        "DETECTION_POSTPROCESS", [*between, anchors], targets, max_detections=most, num_classes=classes,
        max_classes_per_detection=1, use_regular_nms=regular, nms_iou_threshold=draw.pick(0.1, 0.3, 0.6, 1.0),
        nms_score_threshold=draw.pick(-50.0, 1e-8, 0.5, 9.0), y_scale=place[0], x_scale=place[1], h_scale=extent[0],
        w_scale=extent[1], **draw.pick({}, {"detections_per_class": draw.integer(1, 9)}),
    )  # fmt: skip
    return draw.finish(inputs, targets)


def _float(draw, shape, dtype: str, scale) -> tuple[int, int]:
    """Add a quantised tensor, and return its index and that of the same values in float."""
    source, target = draw.activation_tensor(shape, dtype, scale), draw.model.tensor(shape, "float32")
    draw.model.operator("DEQUANTIZE", [source], [target], "DequantizeOptions")
    return source, target
