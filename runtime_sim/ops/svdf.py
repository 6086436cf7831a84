"""SVDF: x [B, I] int8, features int8 [F, I], times [F, M], bias int32 [U], state [B, F * M] -> [B, U].

Each filter computes the dot product of the input and its feature weights, and keeps the last M results. An output is
the sum of the kept products of F / U filters, each multiplied by its time weight. The time weights and the state are
int8 or int16. Sums wrap at 32 bits, and a product also wraps when the zero point of the state is added. (Other versions
of TFLite Micro clamp the product instead.) Source: tensorflow/lite/micro/kernels/svdf_common.cc.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, weights
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(6, {"rank": Field(0, "i32"), "activation": Field(1, "activation")})


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that returns the result and the new state."""
    node.count(5, outputs=2)
    source, state = node.input(0, rank=2), node.input(4, ACTIVATIONS, rank=2)
    features, times = node.input(1, rank=2), node.input(2, (state.dtype.type,), rank=2)
    rank, (filters, memory) = node.option("rank"), times.shape
    if features.shape != (filters, source.shape[1]) or rank < 1 or filters % rank:
        node.fail(f"features {list(features.shape)} do not match times {list(times.shape)} and the rank {rank}")
    if state.shape != (source.shape[0], filters * memory) or np.any(features.zero_points) or np.any(times.zero_points):
        node.fail(f"{state.label} must have shape {[source.shape[0], filters * memory]}, and weights no zero point")
    node.symmetric(state)
    node.constant(1, (np.int8,)), node.constant(2, (state.dtype.type,))
    weights.accumulator(node, source, source.shape[1])
    bias = weights.bias(node, 3, filters // rank, np.int32)
    target = node.output(0, (np.int8,), (source.shape[0], filters // rank))
    inner, outer = (node.multiplier(factor) for factor in factors(source, features, times, state, target))
    limits = np.iinfo(state.dtype)

    def run(x: np.ndarray, first: np.ndarray, second: np.ndarray, _: np.ndarray, old: np.ndarray) -> list[np.ndarray]:
        products = (x.astype(np.int64) - source.zero_point) @ first.T.astype(np.int64)
        newest = multiply_by_quantized_multiplier(products, *inner).clip(limits.min, limits.max) + state.zero_point
        kept = old.reshape(len(x), filters, memory)[:, :, 1:]
        rows = np.concatenate([kept, newest.astype(old.dtype)[:, :, None]], axis=2)
        sums = ((rows.astype(np.int64) - state.zero_point) * second).reshape(len(x), filters // rank, -1).sum(2)
        values = multiply_by_quantized_multiplier(wrap_int32(sums + bias), *outer) + target.zero_point
        return [values.clip(-128, 127).astype(np.int8), rows.reshape(old.shape)]

    return run


def factors(source: Tensor, features: Tensor, times: Tensor, state: Tensor, target: Tensor) -> tuple[float, float]:
    """Return the factors of the filters and of the outputs, computed in double."""
    inner = float(source.scale) * float(features.scale) / float(state.scale)
    return inner, float(state.scale) * float(times.scale) / float(target.scale)
