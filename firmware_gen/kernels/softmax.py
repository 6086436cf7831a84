"""SOFTMAX over the last axis, with a table of the exponentials of all 256 differences.

See runtime_sim/ops/softmax.py."""

from math import floor

import numpy as np

from ticktalk.firmware_gen.graph.arrays import c_type
from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from ticktalk.runtime_sim.arithmetic.gemmlowp import exp_on_negative_values
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import ACTIVATIONS, Node
from ticktalk.runtime_sim.ops.shared import softmax_int16

_INTEGER_BITS = 5  # integer bits of the scaled differences


def kernel(node: Node, isa: str) -> Kernel:
    """Compile to a loop over rows of the last axis, in place where possible."""
    source = node.input(0, ACTIVATIONS)
    target = node.output(0, ACTIVATIONS)
    width = source.shape[-1]
    if source.dtype == np.int16:
        return _int16(node, source, width)
    table = _exponentials(float(source.scale) * node.option("beta"))
    limits, bits = np.iinfo(target.dtype), 8 * target.dtype.itemsize
    context = {
        "width": width, "rows": source.size // width, "type": c_type(np.empty(0, target.dtype)), "bits": bits,
        "low": limits.min, "high": limits.max, "clamp": "tt_clamp" if bits == 8 else "tt_clamp_wide",
    }  # fmt: skip
    return Kernel(
        (Function("softmax.c.j2", f"softmax_{width}", context),),
        (Input(0), Constant("exponentials", table), Output(0)),
        f"y = {1 << bits} * exp(x - max x) / sum of exp(x - max x) - {1 << (bits - 1)}",
        in_place=(0,) if bits == 8 else (),
    )


def _int16(node: Node, source: Tensor, width: int) -> Kernel:
    exponentials, reciprocals = softmax_int16.tables()
    context = {"width": width, "rows": source.size // width, "factor": softmax_int16.factor(node, source)}
    return Kernel(
        (Function("softmax_int16.c.j2", f"softmax_{width}", context),),
        (Input(0), Constant("exponentials", exponentials), Constant("reciprocals", reciprocals), Output(0)),
        "y = 32768 * exp(x - max x) / sum of exp(x - max x)",
        in_place=(0,),
    )


def _exponentials(scale: float) -> np.ndarray:
    """Return exp(-scale * d) in Q31 for d = 0 .. 255, with 0 for differences that TFLite ignores."""
    q, s = quantize_multiplier(min(scale * 2 ** (31 - _INTEGER_BITS), 2.0**31 - 1))
    reach = floor(((1 << _INTEGER_BITS) - 1) * 2 ** (31 - _INTEGER_BITS) / 2**s)
    differences = np.arange(256)
    values = exp_on_negative_values(multiply_by_quantized_multiplier(-differences, q, s), _INTEGER_BITS)
    return np.where(differences <= reach, values, 0).astype(np.int32)
