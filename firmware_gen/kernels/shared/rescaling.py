"""General rescaling of accumulators to int8 or int16. requantise.py has the fast form for int8 layers.

int8 results are int32 accumulators times 31-bit multipliers, rounded twice. int16 results are int64 accumulators times
15-bit multipliers, rounded once (MultiplyByQuantizedMultiplier for int64_t, TFLite's common.h).
"""

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.runtime_sim.arithmetic.fixed_point import Real, quantize_multiplier
from ticktalk.runtime_sim.graphs.node import Node

_WIDEST = 1 << 47  # beyond this a product with a 15-bit multiplier overflows


def rescaling(factor: Real, dtype: np.dtype) -> tuple[int, int]:
    """Return multiplier and shift of `factor` for tt_scale, or, if the results are int16, for tt_scale_wide."""
    q, s = quantize_multiplier(float(factor))
    if dtype == np.int8:
        return q, s
    return (q + (1 << 15)) >> 16 if q < 0x7FFF0000 else 0x7FFF, 15 - s


def accumulator(node: Node, reach: int) -> np.dtype:
    """Return the smaller of int32 and int64 that holds sums of magnitudes up to `reach`."""
    if reach >= _WIDEST:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: sums of up to {reach:.3g} are not supported")
    return np.dtype(np.int32 if reach < 1 << 31 else np.int64)
