"""Convert PCM to another sample rate with integers, exactly as the exported C does (NAME_output.c).

output = OutputRate(16000, 22050)
pcm = np.concatenate([output.push(one), output.push(two), output.finish()])

With the ratio of the rates in lowest terms, up / down, sample m of the result lies at m * down / up samples of the
input. Let n be the integer part of this position, and p the numerator of the fraction. Then

    y[m] = saturate((sum over k of h[p][k] * x[n - taps/2 + 1 + k] + 2^13) >> 14)

where x is 0 before and after the signal. h is a windowed sinc (A. V. Oppenheim, R. W. Schafer, Discrete-Time Signal
Processing, 3rd edition, sections 7.5 and 4.7), sampled at the distances of the inputs from the result:

    h[p][k] = 2 c sinc(2 c t) kaiser(t),  t = k - taps/2 + 1 - p / up

with c in cycles per input sample, rounded to 14 fraction bits, such that each h[p] adds up to 2^14. The stop band
begins at half of the lower rate. The transition band below the stop band has the width that Kaiser's formula gives for
STOP dB.
"""

from __future__ import annotations

from math import gcd

import numpy as np

RATES = (8000, 16000, 22050, 24000)  # Hz
BITS = 14  # fraction bits of the coefficients; sums of 16-bit samples stay below 2^31
STOP = 70.0  # dB, before rounding
TAPS_UP, TAPS_DOWN = 48, 96  # per result


class OutputRate:
    """A conversion in progress. The results do not depend on how the input is divided."""

    def __init__(self, source: int, target: int):
        """Convert from `source` to `target` Hz."""
        self.up, self.down, self.table = filters(source, target)
        self.taps = self.table.shape[1]
        self._x = np.zeros(self.taps // 2 - 1, np.int16)
        self._phase = 0

    def push(self, pcm: np.ndarray) -> np.ndarray:
        """Return the output samples that can be computed with the next input samples. Both are int16."""
        self._x = np.concatenate([self._x, pcm])
        rooms = len(self._x) - self.taps  # the window's last position
        count = 0 if rooms < 0 else ((rooms + 1) * self.up - 1 - self._phase) // self.down + 1
        at = self._phase + self.down * np.arange(count)
        windows = self._x[at[:, None] // self.up + np.arange(self.taps)].astype(np.int64)
        sums = (windows * self.table[at % self.up]).sum(1)
        end = self._phase + self.down * count
        self._x, self._phase = self._x[end // self.up :], end % self.up
        return np.clip((sums + (1 << (BITS - 1))) >> BITS, -32768, 32767).astype(np.int16)

    def finish(self) -> np.ndarray:
        """Return the remaining output samples. The total is ceil(samples * up / down)."""
        return self.push(np.zeros(self.taps // 2, np.int16))


def filters(source: int, target: int) -> tuple[int, int, np.ndarray]:
    """Return up, down, and the coefficients as int16 [up, taps]."""
    common = gcd(source, target)
    up, down = target // common, source // common
    if up == down:
        return up, down, np.array([[2**BITS, 0]], np.int16)  # only more channels
    taps = TAPS_DOWN if target < source else TAPS_UP
    width = (STOP - 7.95) / (14.36 * taps)  # width of the transition, in cycles per input sample
    cut = min(1.0, target / source) / 2 - width / 2
    beta = 0.1102 * (STOP - 8.7)
    t = np.arange(taps) - taps // 2 + 1 - np.arange(up)[:, None] / up
    window = np.i0(beta * np.sqrt(np.maximum(1 - (2 * t / taps) ** 2, 0))) / np.i0(beta)
    h = 2 * cut * np.sinc(2 * cut * t) * window
    rounded = np.rint(h / h.sum(1, keepdims=True) * 2**BITS).astype(np.int64)
    # The largest coefficient absorbs the rounding error.
    rounded[np.arange(up), np.abs(h).argmax(1)] += 2**BITS - rounded.sum(1)
    return up, down, rounded.astype(np.int16)
