"""BATCH_MATMUL: a [..., M, K] times b [..., K, N]. Tensors are int8 or int16. Leading axes broadcast.

adj_x and adj_y transpose a and b first. The scale is computed as in FULLY_CONNECTED with per-tensor weights.
Source: tensorflow/lite/kernels/internal/reference/batch_matmul.h, tensorflow/lite/micro/kernels/batch_matmul.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, weights
from ticktalk.runtime_sim.ops.shared.kernel import Kernel
from ticktalk.runtime_sim.ops.shared.requantise import OutputStage

ALONG_TIME = along_time.MIXED
OPTIONS = Options(101, {"adj_x": Field(0, "bool", False), "adj_y": Field(1, "bool", False)})


def prepare(node: Node) -> Kernel:
    """Return a kernel that computes one exact matrix product per batch with BLAS."""
    node.count(2)
    first = node.input(0, ACTIVATIONS)
    second = node.input(1, (first.dtype.type,))
    if min(len(first.shape), len(second.shape)) < 2 or max(len(first.shape), len(second.shape)) > 5:
        node.fail("needs operands of rank 2 to 5")
    rows, depth = first.shape[-2:][:: -1 if node.option("adj_x") else 1]
    inner, columns = second.shape[-2:][:: -1 if node.option("adj_y") else 1]
    try:
        batches = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    except ValueError:
        batches = None
    if inner != depth or batches is None:
        node.fail(f"shapes {list(first.shape)} and {list(second.shape)} cannot be multiplied")
    target = node.output(0, (first.dtype.type,), (*batches, rows, columns))
    product = np.float64(np.float32(first.scale * second.scale))
    weights.accumulator(node, first, 2 * depth)
    stage = OutputStage(node, target, np.array([product / np.float64(target.scale)]), np.zeros(1, np.int32), "NONE")
    reach = np.array([depth * weights.input_limit(first) * weights.input_limit(second)])
    kind, finish = stage.float_type(reach), stage.finish(reach)

    def run(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = np.subtract(a, first.zero_point, dtype=kind), np.subtract(b, second.zero_point, dtype=kind)
        a = a.swapaxes(-1, -2) if node.option("adj_x") else a
        b = b.swapaxes(-1, -2) if node.option("adj_y") else b
        return finish(a @ b)

    return run
