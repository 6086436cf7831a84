"""gemmlowp's exp, reciprocal, logistic and tanh for int32 fixed-point numbers, as int64 arrays of raw values.

Format F<k> has k integer bits. A raw value stands for raw / 2^(31 - k), in [-2^k, 2^k). The SRDHM of F<a> and F<b> is
in F<a + b>. Source: gemmlowp/fixedpoint/fixedpoint.h.
"""

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import Integers, rdbpot, srdhm

ONE = (1 << 31) - 1  # the largest value of F<0>, just below 1

# exp(-2^e) in F<0>, for e = -2 .. 4.
_EXP_MINUS_POWER = {-2: 1672461947, -1: 1302514674, 0: 790015084, 1: 290630308, 2: 39332535, 3: 720401, 4: 242}


def shift_left(x: Integers, exponent: Integers) -> np.ndarray:
    """SaturatingRoundingMultiplyByPOT for exponent >= 0: x * 2^exponent, saturated to int32."""
    return np.clip(x << exponent, -(1 << 31), ONE)


def _exp_of_minus_quarter_to_zero(a: np.ndarray) -> np.ndarray:
    """exp(a), F<0> to F<0>, for -1/4 <= a < 0: the Taylor polynomial of degree 4 around -1/8."""
    exp_minus_eighth, third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = srdhm(x, x)
    x3 = srdhm(x2, x)
    x4 = srdhm(x2, x2)
    tail = rdbpot(srdhm(rdbpot(x4, 2) + x3, third) + x2, 1)
    return exp_minus_eighth + srdhm(x + tail, exp_minus_eighth)


def exp_on_negative_values(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """exp(a), F<integer_bits> to F<0>, for a <= 0: a polynomial for the fraction, and one factor per higher bit."""
    fraction_bits = 31 - integer_bits
    quarter = np.int64(1 << (fraction_bits - 2))
    a = np.asarray(a, np.int64)
    fraction = (a & (quarter - 1)) - quarter
    result = _exp_of_minus_quarter_to_zero(shift_left(fraction, integer_bits))
    remainder = fraction - a
    for exponent, multiplier in _EXP_MINUS_POWER.items():
        if exponent < integer_bits:
            bit = remainder & np.int64(1 << (fraction_bits + exponent))
            result = np.where(bit != 0, srdhm(result, multiplier), result)
    return np.where(a == 0, ONE, result)


def _newton_reciprocal(a: np.ndarray) -> np.ndarray:
    """2 / (1 + a) in F<2>, for `a` in F<0> with 0 <= a < 1: three Newton iterations from 48/17 - 32/17 d."""
    half_denominator = (a + ONE + 1) >> 1
    x = 1515870810 + srdhm(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - srdhm(half_denominator, x)
        x = x + shift_left(srdhm(x, error), 2)
    return x


def one_over_one_plus(a: np.ndarray) -> np.ndarray:
    """1 / (1 + a), F<0> to F<0>, for 0 <= a < 1."""
    return shift_left(_newton_reciprocal(a), 1)


def one_minus_over_one_plus(a: np.ndarray) -> np.ndarray:
    """(1 - a) / (1 + a), F<0> to F<0>, for 0 <= a < 1."""
    return shift_left(_newton_reciprocal(a) - (1 << 29), 2)


def logistic(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """1 / (1 + exp(-a)), F<integer_bits> to F<0>."""
    positive = one_over_one_plus(exp_on_negative_values(-np.abs(a), integer_bits))
    return np.where(a == 0, 1 << 30, np.where(a > 0, positive, ONE - positive))


def tanh(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """tanh(a), F<integer_bits> to F<0>. With one more integer bit, the raw value of -|a| stands for -2 |a|."""
    positive = one_minus_over_one_plus(exp_on_negative_values(-np.abs(a), integer_bits + 1))
    return np.where(a == 0, 0, np.sign(a) * positive)


def leading_zeros(x: np.ndarray) -> np.ndarray:
    """Count the leading zero bits of positive 32-bit numbers."""
    return 31 - np.floor(np.log2(x)).astype(np.int64)


def log_of_at_least_one(x: np.ndarray, input_bits: int, output_bits: int) -> np.ndarray:
    """log(x), F<input_bits> to F<output_bits>, for x >= 1.

    x = 2^k * r, with r around sqrt(sqrt(1/2)). Two candidates are computed, because k can be a half-integer. A rational
    approximation gives log(r). Source: log_x_for_x_greater_than_or_equal_to_1_impl in
    tensorflow/lite/kernels/internal/common.h.
    """
    log_2, root_half, fourth_root_half = 1488522236, 1518500250, 1805811301
    alpha_n, alpha_d, alpha_i, alpha_f = 117049297, 127690142, 1057819769, 638450708
    bits = output_bits + 1  # one bit of headroom
    x = np.asarray(x, np.int64)

    zeros = leading_zeros(x)
    r_a = shift_left(srdhm(shift_left(x, zeros - 1), root_half), 1)
    power_a = shift_left(input_bits - zeros, 31 - bits) + (1 << (29 - bits))
    room = leading_zeros(srdhm(x, root_half)) - 1
    r_b = shift_left(x, room)
    power_b = shift_left(input_bits - room, 31 - bits) - (1 << (29 - bits))
    r, power = np.minimum(r_a, r_b), np.maximum(power_a, power_b)

    # RoundingHalfSum rounds half away from zero; both terms are positive.
    p = (r + fourth_root_half + 1) >> 1
    q = 2 * (r - fourth_root_half)
    square = srdhm(q, q)
    numerator = srdhm(q, r) + srdhm(srdhm(q, square), alpha_n)
    denominator = srdhm(p, alpha_i + q + srdhm(alpha_d, square)) + srdhm(alpha_f, q)
    quotient = srdhm(rdbpot(numerator, bits), one_over_one_plus(denominator))
    return shift_left(srdhm(power, log_2) + quotient, 1)
