"""Choose the sharpening of a trained student by ear: DistillMOS rates it on sentences from the training text.

How far a student blurs formants and underestimates the noise depends on the teacher (docs/measurements/voice-joe.md),
so the settings are tried one after the other, each with the best values of those before. Settings that DistillMOS rates
higher may cost words, so Whisper also has to understand them (docs/measurements/voice-heart.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.export.sharpen import Sharpening
from ticktalk.converter.judging.scores import RATE, naturalness

if TYPE_CHECKING:
    from ticktalk.converter.lessons import Lesson

SENTENCES, EACH = 16, 8  # sentences to rate, and of each of several speakers at least
AMOUNTS, LOUDER = (0.3, 0.9, 1.2), (0.0, -0.4)  # tried besides the default
GAIN = 0.02  # smallest difference of DistillMOS that counts
WORTH = 10.0  # DistillMOS for a nat of clarity; 0.01 nats are about a point of WER
TRIALS = 36  # of sharpening and equaliser, usually
UNDERSTOOD, HEARING = 10, 2  # how many of them Whisper usually hears, too, and its time, relative to a rating
SCORED, SCORING = 64, 4  # held-out sentences per speaker, and the time to speak and score one, relative to a rating
SCORE_SHARE = 0.2  # maximum fraction of a run's minutes for all of this; if it would take longer, it is skipped
SOUND = 4 * RATE  # length of a sentence, in samples


@dataclass(frozen=True)
class Rating:
    """What the judges think of a setting.

    naturalness: the mean DistillMOS. listen: returns the clarity, which takes several times longer to compute.
    """

    naturalness: float
    listen: Callable[[], np.ndarray] = lambda: np.zeros(1)

    @cached_property
    def clarity(self) -> np.ndarray:
        """Ear.likelihood (judging/scores.py) of each sentence, in nats."""
        return self.listen()

    def lost(self, first: Rating) -> float:
        """Return what the setting has lost in clarity since `first`, in nats, beyond the standard error of the mean."""
        losses = first.clarity - self.clarity
        return max(0.0, float(losses.mean() - losses.std() / np.sqrt(len(losses))))

    def beats(self, other: Rating, first: Rating, margin: float, report: Callable[[str], None]) -> bool:
        """Return whether the setting is more natural by more than `margin`, even after what it loses in clarity.

        first: the setting from which the choice began, so that small losses add up.
        """
        gain = self.naturalness - other.naturalness
        if gain <= margin:
            return False
        lost = self.lost(first), other.lost(first)
        better = gain - WORTH * (lost[0] - lost[1]) > margin
        told = f"  clarity {self.clarity.mean():.3f}, at first {first.clarity.mean():.3f}"
        report(told + ("" if better else ": costs too many words"))
        return better


def best_sharpening(
    rated: Callable[[Sharpening], Rating], recorded: bool, report: Callable[[str], None] = print
) -> Sharpening:
    """Return the best setting, as `rated` rates them. `recorded`: the noise is sharpened, too (sharpen.py)."""

    def tried(setting: Sharpening) -> Rating:
        rating = rated(setting)
        told = ", ".join(f"{name} {value:g}" for name, value in asdict(setting).items())
        report(f"sharpening: {told}: DistillMOS {rating.naturalness:.3f}")
        return rating

    best = Sharpening()
    first = rating = tried(best)
    choices = [("amount", AMOUNTS), *([("louder", LOUDER)] if recorded else [])]
    for name, values in choices:
        start = best
        for value in values:
            other = replace(start, **{name: value})
            if (its := tried(other)).beats(rating, first, GAIN, report):
                best, rating = other, its
    return best


def heard_of(lessons: Sequence[Lesson]) -> list[tuple[int, str]]:
    """Return the sentences to rate, each with the number of its speaker. Several speakers take turns."""
    count = max(SENTENCES, EACH * len(lessons))
    turns = [(number % len(lessons), number) for number in range(count)]
    return [(speaker, text) for speaker, number in turns for text in lessons[speaker].sentences[number : number + 1]]


def judging_seconds(once: float, speakers: int = 1) -> float:
    """Estimate how long all choices by ear and the scores take, if one rating takes `once` seconds."""
    trials = (TRIALS + UNDERSTOOD * HEARING) * max(SENTENCES, EACH * speakers)
    return once * (trials + SCORED * SCORING * speakers)


def rating_seconds() -> float:
    """Measure how long one rating takes on this machine, from noise."""
    rating, noise = naturalness(), np.random.default_rng(1).normal(0, 0.1, SOUND).astype(np.float32)
    rating(noise)  # the first one takes longer
    began = time.monotonic()
    rating(noise)
    return time.monotonic() - began
