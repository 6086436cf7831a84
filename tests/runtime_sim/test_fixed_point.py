"""Compare the fixed-point arithmetic with its definition in exact fractions."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticktalk.runtime_sim.arithmetic.fixed_point import (
    activation_range,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rdbpot,
    round_half_away,
    srdhm,
)

INT32 = st.integers(-(1 << 31), (1 << 31) - 1)
MULTIPLIER = st.integers(1 << 30, (1 << 31) - 1)


def half_away(value: Fraction) -> int:
    """Round to the nearest integer, and round halves away from zero."""
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(-value + Fraction(1, 2))


@given(INT32, MULTIPLIER)
def test_srdhm_rounds_half_up(a, b):
    assert int(srdhm(np.array(a), b)) == floor(Fraction(a * b, 1 << 31) + Fraction(1, 2))


@given(INT32, st.integers(0, 31))
def test_rdbpot_rounds_half_away_from_zero(x, exponent):
    assert int(rdbpot(np.array(x), exponent)) == half_away(Fraction(x, 1 << exponent))


@given(st.integers(-(1 << 20), 1 << 20), MULTIPLIER, st.integers(-31, 10))
def test_multiplication_rounds_twice(x, q, s):
    first = floor(Fraction((x << max(s, 0)) * q, 1 << 31) + Fraction(1, 2))
    assert int(multiply_by_quantized_multiplier(np.array(x), q, s)) == half_away(Fraction(first, 1 << max(-s, 0)))


@given(st.floats(2.0**-30, 2.0**30))
def test_multiplier_is_the_nearest_of_31_bits(factor):
    q, s = quantize_multiplier(factor)
    assert 1 << 30 <= q < 1 << 31
    assert abs(Fraction(q, 1 << 31) * Fraction(2) ** s - Fraction(factor)) <= Fraction(2) ** (s - 32)


def test_multiplier_at_its_ends():
    assert quantize_multiplier(0.0) == (0, 0)
    assert quantize_multiplier(1.0) == (1 << 30, 1)
    assert quantize_multiplier(1 - 2.0**-40) == (1 << 30, 1)
    assert quantize_multiplier(2.0**-40) == (0, 0)
    assert quantize_multiplier(-0.5) == (-(1 << 30), 0)


def test_left_shift_wraps_like_a_register():
    assert int(multiply_by_quantized_multiplier(np.array(1 << 30), 1 << 30, 2)) == 0


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 1), (-0.5, -1), (1.5, 2), (2.5, 3), (-2.5, -3), (0.49999997, 0)])
def test_halves_go_away_from_zero(value, rounded):
    assert round_half_away(np.float32(value)) == rounded


@pytest.mark.parametrize(
    ("activation", "bounds"),
    [
        ("NONE", (-128, 127)),
        ("RELU", (-28, 127)),
        ("RELU6", (-28, 32)),
        ("RELU_N1_TO_1", (-38, -18)),
    ],
)
def test_activation_ranges(activation, bounds):
    assert activation_range(activation, np.float32(0.1), -28, np.int8) == bounds
