"""The measures of speech, and their estimates over all sentences with 95 % confidence intervals.

A measure is a function of any number of sentences, so the same function scores a sentence, a system and a bootstrap
sample. The bootstrap draws the sentences with replacement 1000 times, with a fixed seed. The interval excludes 2.5 % of
the values at each end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES, SEED = 1000, 1


@dataclass(frozen=True)
class Score:
    """The scores of one sentence.

    `errors` counts words, and `letter_errors` counts letters. The module `distance` computes `mcd` and the fields that
    follow it, which are None if there is no teacher, and the module `similarity` the last.
    """

    sentence: str
    heard: str
    errors: int
    words: int
    letter_errors: int
    letters: int
    distillmos: float
    dnsmos: float
    mcd: float | None = None
    pitch: np.ndarray | None = None  # [n, 2], natural log of f0 in Hz
    durations: np.ndarray | None = None  # [N], ms
    energy: np.ndarray | None = None  # [frames], dB
    similarity: float | None = None  # of the speaker; None if there is nobody to resemble


@dataclass(frozen=True)
class Measure:
    """One measure of speech.

    of: function that returns the value for a list of scores, or None if the measure does not apply to any of them.
    digits: number of decimal places.
    higher: whether a higher value is better.
    """

    key: str
    title: str
    unit: str
    digits: int
    higher: bool
    of: Callable[[Sequence[Score]], float | None]

    def show(self, value: float | None) -> str:
        """Return the value formatted with its unit."""
        return "-" if value is None else f"{value:.{self.digits}f}{' ' * bool(self.unit)}{self.unit}"


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % confidence interval, `low` to `high`."""

    value: float
    low: float
    high: float


def _share(wrong: str, all_: str) -> Callable[[Sequence[Score]], float | None]:
    def total(scores: Sequence[Score], key: str) -> int:
        return sum(getattr(score, key) for score in scores)

    return lambda scores: 100 * total(scores, wrong) / max(total(scores, all_), 1)


def _mean(key: str) -> Callable[[Sequence[Score]], float | None]:
    def mean(scores: Sequence[Score]) -> float | None:
        values = [value for score in scores if (value := getattr(score, key)) is not None]
        return float(np.mean(values)) if values else None

    return mean


def _joined(scores: Sequence[Score], key: str, least: int) -> np.ndarray | None:
    arrays = [array for score in scores if (array := getattr(score, key)) is not None]
    joined = np.concatenate(arrays) if arrays else None
    return joined if joined is not None and len(joined) >= least else None


def _cents(scores: Sequence[Score]) -> float | None:
    pairs = _joined(scores, "pitch", 1)
    return None if pairs is None else float(1200 / np.log(2) * np.sqrt(np.mean((pairs[:, 0] - pairs[:, 1]) ** 2)))


def _correlation(scores: Sequence[Score]) -> float | None:
    pairs = _joined(scores, "pitch", 3)
    return None if pairs is None or (pairs.std(0) < 1e-9).any() else float(np.corrcoef(pairs.T)[0, 1])


def _level(scores: Sequence[Score]) -> float | None:
    errors = _joined(scores, "energy", 1)
    return None if errors is None else float(np.sqrt(np.mean(errors**2)))


def _duration(middle: Callable[[np.ndarray], float]) -> Callable[[Sequence[Score]], float | None]:
    def error(scores: Sequence[Score]) -> float | None:
        errors = _joined(scores, "durations", 1)
        return None if errors is None else float(middle(errors))

    return error


MEASURES = [
    Measure("wer", "WER", "%", 2, False, _share("errors", "words")),
    Measure("cer", "CER", "%", 2, False, _share("letter_errors", "letters")),
    Measure("distillmos", "DistillMOS", "", 2, True, _mean("distillmos")),
    Measure("dnsmos", "DNSMOS P.808", "", 2, True, _mean("dnsmos")),
    Measure("similarity", "similarity", "", 3, True, _mean("similarity")),
    Measure("mcd", "MCD", "dB", 2, False, _mean("mcd")),
    Measure("f0_rmse", "f0 RMSE", "cents", 0, False, _cents),
    Measure("f0_correlation", "log-f0 correlation", "", 3, True, _correlation),
    Measure("energy_rmse", "energy RMSE", "dB", 1, False, _level),
    Measure("duration_error", "duration error, median", "ms", 1, False, _duration(np.median)),
    Measure("duration_error_mean", "duration error, mean", "ms", 1, False, _duration(np.mean)),
]


def estimate(measure: Measure, scores: Sequence[Score]) -> Estimate | None:
    """Return the measure's value with its confidence interval, or None if the measure does not apply to any of the
    scores."""
    value = measure.of(scores)
    if value is None:
        return None
    draws = np.random.default_rng(SEED).integers(0, len(scores), (RESAMPLES, len(scores)))
    values = [drawn for draw in draws if (drawn := measure.of([scores[index] for index in draw])) is not None]
    low, high = np.percentile(values, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
