"""Requantisation with a single rounding (graph/single_rounding.py) equals TFLite's double rounding."""

from itertools import product

import numpy as np
import pytest

from ticktalk.firmware_gen.graph.single_rounding import DSP, MVE, single_rounding
from ticktalk.runtime_sim.arithmetic.fixed_point import multiply_by_quantized_multiplier, quantize_multipliers

CHANNELS = 40


def results(form, down, sums, low, high):
    """Return the results for sums [n, channels] without the bias, computed as in the C code."""
    wide = (sums << form.scale) + form.addends
    assert np.abs(wide).max() < 1 << 31
    values = form.offset + ((wide * form.multipliers + (1 << down - 1)) >> down)
    assert np.abs(values).max() < 1 << 31
    return np.clip(values >> form.shift, low, high)


@pytest.mark.parametrize(("seed", "ways"), list(product(range(12), [DSP, MVE])))
def test_every_sum_has_the_same_result(seed, ways):
    rng = np.random.default_rng(seed)
    depth = int(rng.choice([1, 9, 64, 300]))
    rows = rng.integers(-127, 128, (CHANNELS, depth)).astype(np.int8)
    rows[3] = 0  # a constant channel
    factors = 2.0 ** rng.uniform(-10, -6, CHANNELS)
    factors[5] /= 60  # a channel with few results
    bias = np.rint(rng.uniform(-200, 200, CHANNELS) / factors).astype(np.int64)
    multipliers, shifts = quantize_multipliers(factors)
    zero_point, low, high = [(-128, -128, 127), (-128, -128, 100), (3, 3, 127), (-20, -20, 90)][seed % 4]
    form = single_rounding(rows, bias, multipliers, shifts, zero_point, low, high, ways)
    assert form is not None
    wide = rows.astype(np.int64)
    fewest, most = np.minimum(-128 * wide, 127 * wide).sum(1), np.maximum(-128 * wide, 127 * wide).sum(1)
    steps = (np.arange(low - 2, high + 3)[:, None] - 0.5 - zero_point) / factors - bias
    sums = np.concatenate([np.rint(steps + near) for near in range(-3, 4)] + [fewest[None], most[None]])
    sums = np.clip(sums, fewest, most).astype(np.int64)
    expected = multiply_by_quantized_multiplier(sums + bias, multipliers, shifts) + zero_point
    assert np.array_equal(results(form, ways[0].down, sums, low, high), np.clip(expected, low, high))


def test_results_below_the_zero_point_need_two_roundings():
    rows, bias = np.ones((2, 3), np.int8), np.zeros(2, np.int64)
    multipliers, shifts = quantize_multipliers(np.array([0.01, 0.02]))
    assert single_rounding(rows, bias, multipliers, shifts, -128, -128, 127)
    assert single_rounding(rows, bias, multipliers, shifts, -127, -128, 127) is None
