"""DETECTION_POSTPROCESS. See runtime_sim/ops/detection_postprocess.py."""

import numpy as np

from ticktalk.firmware_gen.graph.arrays import float_literal
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.detection_postprocess import checked


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to look-ups in tables of double, and to a search for the best box in each step.

    The search needs no sorting, because of two equal scores, TFLite Micro takes that of the first box.
    """
    found = checked(node)
    source, boxes = found.source, len(found.anchors)
    bias = source.zero_point - int(np.iinfo(source.dtype).min) + 0.5
    decoding = {
        "boxes": boxes, "stride": node.input(0, (np.float32,)).shape[2],
        "scale": float_literal(source.scale), "bias": float_literal(np.float32(bias)),
    }  # fmt: skip
    context = {
        "boxes": boxes, "columns": found.columns, "classes": found.classes, "regular": found.regular,
        "limit": found.limit, "most": found.most, "least": float_literal(found.least_score),
    }  # fmt: skip
    apart = {"boxes": boxes, "most": float_literal(found.most_overlap)}
    functions = (
        Function("detection_decode.c.j2", f"decode_{boxes}", decoding),
        Function("detection_overlap.c.j2", f"overlap_{boxes}", apart),
        Function("detection_postprocess.c.j2", f"detect_{boxes}", context),
    )
    tables = [Constant(f"table_{i}", values) for i, values in enumerate((*found.offsets, *found.halves))]
    return Kernel(
        functions,
        (Input(0), Input(1), Input(2), *tables, Scratch(), *map(Output, range(4))),
        f"y = the best of {boxes} boxes that do not overlap by more than {found.most_overlap:.6g}",
        scratch=21 * boxes,
    )
