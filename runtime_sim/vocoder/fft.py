"""Fixed-point FFT of real signals, vectorised over frames. The C version is
firmware_gen/templates/speech/vocoder_fft.c.j2.

Data are int32 values in int64 arrays, and twiddle factors are Q31. The stages do not scale. The caller must keep the
sum of magnitudes below 2^31 / 1.25 to prevent overflow (docs/explanation/vocoder.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ticktalk.runtime_sim.vocoder.tables import FftPlan, Stage

# A complex array as (re, im).
Complex = tuple[np.ndarray, np.ndarray]

# cos and sin of 2 pi / 5 and 4 pi / 5 for the radix-5 butterfly, Q31.
SQRT5_4 = 1200479854  # (cos(2 pi / 5) - cos(4 pi / 5)) / 2 = sqrt(5) / 4
SIN_1 = 2042378317  # sin(2 pi / 5)
SIN_2 = 1262259218  # sin(4 pi / 5)


def mul(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    """Return round(a * b / 2^32), rounding half up. The result is the same as that of the SMMULR instruction."""
    return (a * b + (1 << 31)) >> 32


def negative_mul(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    """Return round(-a * b / 2^32), rounding half up. The result is the same as that of SMMLSR with an accumulator of
    0."""
    return ((1 << 31) - a * b) >> 32


def turn_back(re: np.ndarray, im: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> Complex:
    """Return (re + i im) * (cos - i sin), with cos and sin in Q31."""
    return (mul(re, cos) + mul(im, sin)) * 2, (mul(im, cos) + negative_mul(re, sin)) * 2


def turn_on(re: np.ndarray, im: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> Complex:
    """Return (re + i im) * (cos + i sin), with cos and sin in Q31."""
    return (mul(re, cos) + negative_mul(im, sin)) * 2, (mul(im, cos) + mul(re, sin)) * 2


def butterfly_2(x: Sequence[Complex], sign: int) -> list[Complex]:
    """Return the two-point transform of a list of (re, im)."""
    (ar, ai), (br, bi) = x
    return [(ar + br, ai + bi), (ar - br, ai - bi)]


def butterfly_4(x: Sequence[Complex], sign: int) -> list[Complex]:
    """Return the four-point transform: forward (e^-i) if `sign` is -1, inverse if it is +1."""
    (ar, ai), (br, bi), (cr, ci), (dr, di) = x
    er, ei, fr, fi = ar + cr, ai + ci, ar - cr, ai - ci
    gr, gi, hr, hi = br + dr, bi + di, sign * (br - dr), sign * (bi - di)
    return [(er + gr, ei + gi), (fr - hi, fi + hr), (er - gr, ei - gi), (fr + hi, fi - hr)]


def butterfly_5(x: Sequence[Complex], sign: int) -> list[Complex]:
    """Return the five-point transform: forward (e^-i) if `sign` is -1, inverse if it is +1."""
    (x0r, x0i), (x1r, x1i), (x2r, x2i), (x3r, x3i), (x4r, x4i) = x
    ar, ai, br, bi = x1r + x4r, x1i + x4i, x2r + x3r, x2i + x3i
    cr, ci, dr, di = x1r - x4r, x1i - x4i, x2r - x3r, x2i - x3i
    sr, si = ar + br, ai + bi
    er, ei = x0r - (sr >> 2), x0i - (si >> 2)  # cos(2 pi / 5) + cos(4 pi / 5) = -1 / 2
    fr, fi = mul(ar - br, SQRT5_4) * 2, mul(ai - bi, SQRT5_4) * 2
    gr, gi, hr, hi = er + fr, ei + fi, er - fr, ei - fi
    ur, ui = (mul(cr, SIN_1) + mul(dr, SIN_2)) * 2, (mul(ci, SIN_1) + mul(di, SIN_2)) * 2
    vr, vi = (mul(cr, SIN_2) + negative_mul(dr, SIN_1)) * 2, (mul(ci, SIN_2) + negative_mul(di, SIN_1)) * 2
    ur, ui, vr, vi = sign * ur, sign * ui, sign * vr, sign * vi
    return [(x0r + sr, x0i + si), (gr - ui, gi + ur), (hr - vi, hi + vr), (hr + vi, hi - vr), (gr + ui, gi - ur)]


BUTTERFLIES = {2: butterfly_2, 4: butterfly_4, 5: butterfly_5}


def parts(z: np.ndarray, stage: Stage) -> list[Complex]:
    """Return the inputs of a stage's butterflies as views of z [T, points, 2].

    There are `radix` views, each (re, im) of shape [T, blocks, stride].
    """
    view = z.reshape(len(z), -1, stage.radix, stage.stride, 2)
    return [(view[:, :, leg, :, 0], view[:, :, leg, :, 1]) for leg in range(stage.radix)]


def forward(z: np.ndarray, plan: FftPlan) -> None:
    """Transform z, int64 [T, points, 2], in place with e^-i. Bin k is stored at plan.position[k]."""
    for stage in plan.stages:
        legs = parts(z, stage)
        for leg, (re, im) in enumerate(BUTTERFLIES[stage.radix](legs, -1)):
            if leg and stage.stride > 1:
                cos, sin = stage.twiddles[:, leg - 1].T.astype(np.int64)
                re, im = turn_back(re, im, cos, sin)
            legs[leg][0][:], legs[leg][1][:] = re, im


def inverse(z: np.ndarray, plan: FftPlan) -> None:
    """Transform z in place with e^+i, without normalisation. Bin k is read from plan.position[k]."""
    for stage in reversed(plan.stages):
        legs = parts(z, stage)
        turned = [legs[0]]
        for leg in range(1, stage.radix):
            re, im = legs[leg]
            if stage.stride > 1:
                cos, sin = stage.twiddles[:, leg - 1].T.astype(np.int64)
                re, im = turn_on(re, im, cos, sin)
            turned.append((re, im))
        for leg, (re, im) in enumerate(BUTTERFLIES[stage.radix](turned, 1)):
            legs[leg][0][:], legs[leg][1][:] = re, im


def spectrum(z: np.ndarray, plan: FftPlan) -> Complex:
    """Return twice the spectrum of a real signal, (re, im) int64 [T, points]. Bin 0 is set to 0.

    z [T, points, 2] is the transform of x[2 n] + i x[2 n + 1], in the order of plan.position.
    """
    points = len(plan.position)
    low, high = plan.position[1 : points // 2], plan.position[: points // 2 : -1]
    (ar, ai), (br, bi) = ((z[:, index, 0], z[:, index, 1]) for index in (low, high))
    cos, sin = plan.split[1:].T.astype(np.int64)
    er, ei = ar + br, ai - bi
    tr, ti = turn_back(ai + bi, br - ar, cos, sin)
    re, im = (np.zeros((len(z), points), np.int64) for _ in range(2))
    re[:, 1 : points // 2], im[:, 1 : points // 2] = er + tr, ei + ti
    re[:, : points // 2 : -1], im[:, : points // 2 : -1] = er - tr, ti - ei
    middle = plan.position[points // 2]
    re[:, points // 2], im[:, points // 2] = 2 * z[:, middle, 0], -2 * z[:, middle, 1]
    return re, im


def signal_bins(re: np.ndarray, im: np.ndarray, plan: FftPlan) -> np.ndarray:
    """Invert `spectrum`: return z [T, points, 2] for the bins (re, im) [T, points] of a real signal.

    Bin 0 and the Nyquist bin are treated as 0. `inverse` of z gives x[2 n] + i x[2 n + 1], where x is the sum over all
    n_fft bins of S[k] e^(2 pi i k n / n_fft).
    """
    points = len(plan.position)
    low, high = np.arange(1, points // 2), np.arange(points - 1, points // 2, -1)
    cos, sin = plan.split[1:].T.astype(np.int64)
    ar, ai = re[:, low] + re[:, high], im[:, low] - im[:, high]
    # i e^(i w) (p + i q) = e^(i w) (-q + i p)
    ur, ui = turn_on(-(im[:, low] + im[:, high]), re[:, low] - re[:, high], cos, sin)
    z = np.zeros((len(re), points, 2), np.int64)
    z[:, plan.position[low], 0], z[:, plan.position[low], 1] = ar + ur, ai + ui
    z[:, plan.position[high], 0], z[:, plan.position[high], 1] = ar - ur, ui - ai
    middle = plan.position[points // 2]
    z[:, middle, 0], z[:, middle, 1] = 2 * re[:, points // 2], -2 * im[:, points // 2]
    return z
