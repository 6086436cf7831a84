"""General rescaling of accumulators to int8 or int16. The fast form for int8 layers is in graph/requantise.py.

int8 results are int32 accumulators times 31-bit multipliers, rounded twice. int16 results are int64 accumulators times
15-bit multipliers, rounded once (MultiplyByQuantizedMultiplier for int64_t in TFLite's common.h).
"""

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.runtime_sim.arithmetic.fixed_point import Real, quantize_multiplier
from ticktalk.runtime_sim.graphs.node import Node

_WIDEST = 1 << 47  # at this magnitude, a product with a 15-bit multiplier could overflow


def rescaling(factor: Real, dtype: np.dtype) -> tuple[int, int]:
    """Return the multiplier and shift of `factor` for tt_scale (int8 results) or tt_scale_wide (int16 results)."""
    q, s = quantize_multiplier(float(factor))
    if dtype == np.int8:
        return q, s
    return (q + (1 << 15)) >> 16 if q < 0x7FFF0000 else 0x7FFF, 15 - s


def accumulator(node: Node, reach: int) -> np.dtype:
    """Return the smaller of int32 and int64 that holds sums with magnitudes up to `reach`.

    Raises BuildError if neither does.
    """
    if reach >= _WIDEST:
        raise BuildError(f"{node.graph.name}: {node.operator.label}: sums of up to {reach:.3g} are not supported")
    return np.dtype(np.int32 if reach < 1 << 31 else np.int64)
