"""DETECTION_POSTPROCESS (TFLite_Detection_PostProcess): decode boxes and keep the best that do not overlap.

The inputs are box encodings [1, N, 4 or more] and scores [1, N, classes, with or without background] in float32, which
DEQUANTIZE has computed, and constant anchors [N, 4]. The encodings come from int8 or uint8, so tables of 256 values
hold all offsets and exponentials. TFLite Micro leaves fast results from the number of detections on uninitialised;
here they are 0. Source: tensorflow/lite/micro/kernels/detection_postprocess.cc.
"""

from dataclasses import dataclass
from math import exp, inf, isfinite

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import QUANTISED, Dtypes, Node
from ticktalk.runtime_sim.graphs.tflite_schema import CustomOptions
from ticktalk.runtime_sim.ops.shared import along_time, plain
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = CustomOptions(
    defaults={
        **dict.fromkeys(("max_detections", "max_classes_per_detection", "num_classes", "use_regular_nms"), 0),
        "detections_per_class": 100,
        **dict.fromkeys(("nms_score_threshold", "nms_iou_threshold", "y_scale", "x_scale", "h_scale", "w_scale"), 0.0),
    }
)
_FLOAT: Dtypes = (np.float32,)
_TOGETHER = 1024  # anchors that are checked together, which limits the memory


@dataclass(frozen=True, eq=False)
class Detection:
    """The checked operands of the operator.

    `source` holds the quantised box encodings. For each of its values, `offsets` (y, x) and `halves` (h, w) are tables
    of the centre's offset and half the extent, relative to the anchor's extent, in double. The last `classes` of
    `columns` scores are those of the classes. `limit` is the most detections of one class, or of all if not `regular`.
    """

    source: Tensor
    anchors: np.ndarray
    offsets: tuple[np.ndarray, np.ndarray]
    halves: tuple[np.ndarray, np.ndarray]
    columns: int
    classes: int
    regular: bool
    limit: int
    most: int
    least_score: np.float32
    most_overlap: np.float32


def checked(node: Node) -> Detection:
    """Return the operands. Raises `ModelError` if TFLite Micro could fail or return undefined values."""
    node.count(3, outputs=4)
    boxes, scores = node.input(0, _FLOAT, rank=3), node.input(1, _FLOAT, rank=3)
    source = _quantised(node, boxes, (np.int8, np.uint8))
    _quantised(node, scores, QUANTISED)
    anchors, classes, most = node.constant(2, _FLOAT), node.option("num_classes"), node.option("max_detections")
    count, columns = scores.shape[1:]
    if boxes.shape[:2] != (1, count) or boxes.shape[2] < 4 or scores.shape[0] != 1 or anchors.shape != (count, 4):
        shapes = [list(each.shape) for each in (boxes, scores, anchors)]
        node.fail(f"boxes {shapes[0]}, scores {shapes[1]} and anchors {shapes[2]} do not match")
    if not max(1, columns - 1) <= classes <= columns:
        node.fail(f"{scores.label} has {columns} columns, which do not match num_classes {classes}")
    regular = bool(node.option("use_regular_nms"))
    limit = node.option("detections_per_class") if regular else most
    if min(most, limit) < 1:
        node.fail(f"max_detections {most} and detections_per_class {limit} must be at least 1")
    if not regular and min(node.option("max_classes_per_detection"), classes) != 1:
        node.fail("is supported only with max_classes_per_detection 1, because TFLite Micro misplaces further classes")
    for position, size in enumerate((4 * most, most, most, 1)):
        target = node.output(position, _FLOAT)
        if target.size != size:
            node.fail(f"{target.label} has {target.size} elements, but the result has {size}; set its shape")
    plain.at_the_end(node)
    least, overlap = (np.float32(node.option(f"nms_{name}_threshold")) for name in ("score", "iou"))
    if not np.isfinite(least) or not 0 < overlap <= 1:
        node.fail(f"nms_score_threshold {least} must be finite, and nms_iou_threshold {overlap} in (0, 1]")
    offsets, halves = _tables(node, source)
    found = Detection(source, anchors, offsets, halves, columns, classes, regular, limit, most, least, overlap)
    _check_anchors(node, found)
    return found


def _quantised(node: Node, tensor: Tensor, dtypes: Dtypes) -> Tensor:
    """Return the tensor from which DEQUANTIZE computes `tensor`."""
    producer = node.graph.producers.get(tensor.index)
    # A DEQUANTIZE that was refused may lack its input, or the scale of its input.
    first = next(iter(producer.inputs), -1) if producer and producer.name == "DEQUANTIZE" else -1
    source = node.graph.tensors[first]
    if first < 0 or source.dtype not in dtypes or source.scales.size != 1 or source.zero_points.size != 1:
        names = " or ".join(np.dtype(each).name for each in dtypes)
        node.fail(f"{tensor.label} must be computed by DEQUANTIZE from {names}")
    return source


def _tables(node: Node, source: Tensor) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    limits = np.iinfo(source.dtype)
    steps = np.arange(limits.min, limits.max + 1) - source.zero_point
    real = (steps * np.float64(source.scale)).astype(np.float32).astype(np.float64)

    def scaled(name: str) -> np.ndarray:
        divisor = np.float32(node.option(f"{name}_scale"))
        if not isfinite(divisor) or divisor == 0:
            node.fail(f"{name}_scale must be finite and not 0")
        return real / np.float64(divisor)

    def half(name: str) -> np.ndarray:
        return np.array([0.5 * exp(value) if value < 709 else inf for value in scaled(name).tolist()])

    return (scaled("y"), scaled("x")), (half("h"), half("w"))


def _check_anchors(node: Node, found: Detection) -> None:
    """Refuse anchors for which a box could have no extent in float32, because TFLite Micro then fails."""
    for first in range(0, len(found.anchors), _TOGETHER):
        for axis in (0, 1):
            place, extent = found.anchors[first : first + _TOGETHER, axis::2].astype(np.float64).T
            fine = _have_extent(place, extent, found.offsets[axis], found.halves[axis])
            if not fine.all():
                extent_name = ("height", "width")[axis]
                node.fail(
                    f"anchor {first + int(fine.argmin())} gives a box without {extent_name}, or an infinite one, for "
                    "some inputs"
                )


@np.errstate(over="ignore", invalid="ignore")
def _have_extent(place: np.ndarray, extent: np.ndarray, offsets: np.ndarray, halves: np.ndarray) -> np.ndarray:
    """Return, for each anchor, whether every box has an extent on an axis, as bool [N]."""
    centres = (offsets[:, None] * extent + place).astype(np.float32)
    least, most = (halves.min() * extent).astype(np.float32), (halves.max() * extent).astype(np.float32)
    fine = (centres - least < centres + least) & np.isfinite(centres - most) & np.isfinite(centres + most)
    return fine.all(axis=0)


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns boxes [ymin, xmin, ymax, xmax], classes, scores and the number of detections."""
    found = checked(node)
    shapes = [node.graph.tensors[index].shape for index in node.operator.outputs]
    names = np.arange(found.classes)

    def run(encoded: np.ndarray, scores: np.ndarray, _anchors: np.ndarray) -> list[np.ndarray]:
        boxes, scores = decode(found, encoded[0]), scores[0, :, found.columns - found.classes :]
        best: list[tuple[float, int, int]] = []  # score, box and class
        for each in names if found.regular else [scores.argmax(axis=1)]:
            chosen = np.broadcast_to(each, len(boxes))
            values = scores[np.arange(len(boxes)), chosen]
            best += [(float(values[i]), i, int(chosen[i])) for i in _apart(found, boxes, values)]
            best = sorted(best, key=lambda one: -one[0])[: found.most]  # a stable sort
        results = [np.zeros(shape, np.float32) for shape in shapes]
        for place, (score, box, name) in enumerate(best):
            results[0].reshape(-1, 4)[place] = boxes[box]
            results[1].reshape(-1)[place], results[2].reshape(-1)[place] = name, score
        results[3].reshape(-1)[0] = len(best)
        return results

    return run


def decode(found: Detection, encoded: np.ndarray) -> np.ndarray:
    """Return the corners ymin, xmin, ymax, xmax of the boxes."""
    source = found.source
    index = np.rint(encoded[:, :4] / source.scale).astype(int) + (source.zero_point - np.iinfo(source.dtype).min)
    corners = np.empty((len(encoded), 4), np.float32)
    for axis in (0, 1):
        place, extent = found.anchors[:, axis].astype(np.float64), found.anchors[:, axis + 2].astype(np.float64)
        centre = (found.offsets[axis][index[:, axis]] * extent + place).astype(np.float32)
        half = (found.halves[axis][index[:, axis + 2]] * extent).astype(np.float32)
        corners[:, axis], corners[:, axis + 2] = centre - half, centre + half
    return corners


def _apart(found: Detection, boxes: np.ndarray, scores: np.ndarray) -> list[int]:
    """Return the boxes with the best scores, without those that overlap a better one too much."""
    active = scores >= found.least_score
    chosen: list[int] = []
    while active.any() and len(chosen) < found.limit:
        best = int(np.where(active, scores, -np.inf).argmax())
        chosen.append(best)
        active &= ~(_overlaps(boxes, best) > found.most_overlap)
        active[best] = False
    return chosen


@np.errstate(all="ignore")
def _overlaps(boxes: np.ndarray, one: int) -> np.ndarray:
    """Return the intersection of box `one` with each box over their union, in float32."""
    low, high = boxes[:, :2], boxes[:, 2:]
    areas = (high - low).prod(axis=1)
    sides = np.maximum(np.minimum(high, high[one]) - np.maximum(low, low[one]), np.float32(0))
    shared = sides.prod(axis=1)
    return np.where((areas > 0) & (areas[one] > 0), shared / (areas[one] + areas - shared), np.float32(0))


def scratch_bytes(operator: Operator, graph: Graph) -> int:
    """Return at least the size of TFLite Micro's scratch memory."""
    scores, most = graph.tensors[operator.inputs[1]], graph.tensors[operator.outputs[2]].size
    return 20 * scores.size * (most + 4)


def clear(operator: Operator, results: dict[int, np.ndarray]) -> None:
    """Set the results from the number of detections on, which TFLite Micro leaves as they are, to 0."""
    *listed, count = operator.outputs
    for index, size in zip(listed, (4, 1, 1), strict=True):
        values = results[index].copy()
        values.reshape(-1)[size * int(results[count].item()) :] = 0
        results[index] = values
