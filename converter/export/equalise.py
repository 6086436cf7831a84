"""Equalise a voice by ear: a fixed gain for each of seven bands, folded into the biases of the log-magnitude heads.

A student that is uncertain predicts mean log magnitudes, which dulls and muffles its voice. As when speech is mastered,
less of the low frequencies and more presence make it clearer. The gains are rated like the sharpening (by_ear.py), on
sentences from the training text. A gain shifts the int8 outputs of a finished graph, so no trial has to run the
networks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.export.by_ear import Rating
from ticktalk.converter.judging.scores import Ear, naturalness, prepared
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.speech import Speaker, utterances
from ticktalk.runtime_sim.voice import LOG_HEADS

if TYPE_CHECKING:  # Keras takes seconds to import
    from ticktalk.converter.training.regression import Student
    from ticktalk.runtime_sim.voice import Voice

Bands = tuple[float, ...]  # gains in dB

EDGES = (300, 700, 1400, 2400, 4000, 6000)  # between the bands, in Hz
FLAT: Bands = (0.0,) * (len(EDGES) + 1)
SMOOTHED = 340  # width of the steps between bands, in Hz
ORDER = (6, 5, 4, 2, 0, 1, 3)  # bands whose gain usually matters come first
STEPS = (3.0, 1.5)  # dB
GAIN = 0.01  # smallest difference of DistillMOS that counts
NEPER = 20 / np.log(10)  # dB


def curve(bands: Bands, bins: int, hz: float) -> np.ndarray:
    """Return the gain of each bin in dB, float64 [bins]. `hz` is the distance of the bins."""
    steps = np.asarray(bands, np.float64)[np.searchsorted(EDGES, np.arange(bins) * hz, "right")]
    reach = round(SMOOTHED / hz / 2)
    return np.convolve(np.pad(steps, reach, mode="edge"), np.full(2 * reach + 1, 1 / (2 * reach + 1)), "valid")


def equalise(student: Student, bands: Bands) -> None:
    """Fold the gains into the biases of a quantised student."""
    geometry = student.config.geometry
    gain = curve(bands, geometry.bins, geometry.rate / geometry.n_fft) / NEPER
    for name, head in student.frame_net.heads.items():
        if name in LOG_HEADS:
            head.own_bias.assign(head.own_bias + gain[: head.units].astype(np.float32))


@dataclass(frozen=True)
class Spoken:
    """Sentences of a voice as the outputs of its graphs.

    sentences: text, prosody (the speaker), and the seed and {role: int8 [T, width]} of each utterance.
    ear: rates the clarity. Without one, all settings are equally clear.
    """

    speaker: Speaker
    sentences: list[tuple[str, Prosody, list[tuple[int, dict[str, np.ndarray]]]]]
    ear: Ear | None

    @classmethod
    def of(cls, voice: Voice, heard: Iterable[tuple[int, str]], ear: Ear | None = None) -> Spoken:
        """Have the voice speak sentences, each given with the number of its speaker.

        Raises MissingToolError if the package that rates their naturalness is missing.
        """
        naturalness()  # loaded before anything is spoken
        speaker = Speaker(voice)
        return cls(
            speaker,
            [
                (
                    text,
                    Prosody(speaker=number),
                    [(seed, speaker.heads(ids, speaker=number)[1]) for ids, seed in utterances(voice, text)],
                )
                for number, text in heard
            ],
            ear,
        )

    @cached_property
    def step(self) -> dict[str, float]:
        """The distance of two int8 values of each log-magnitude output, in dB."""
        voice = self.speaker.voice
        graph, roles = voice.graphs["frame"], voice.manifest["graphs"]["frame"]["outputs"]
        scales = {role: float(graph.tensors[index].scales[0]) for role, index in zip(roles, graph.outputs)}
        return {role: NEPER * scales[role] for role in LOG_HEADS if role in scales}

    def rated(self, bands: Bands = FLAT) -> Rating:
        """Return the mean ratings with these gains."""
        rate, n_fft = (self.speaker.voice.manifest[key] for key in ("sample_rate", "n_fft"))
        gain, rating, ear = curve(bands, n_fft // 2 + 1, rate / n_fft), naturalness(), self.ear

        def louder(role: str, head: np.ndarray) -> np.ndarray:
            if role not in self.step:
                return head
            return np.clip(head + np.rint(gain[: head.shape[1]] / self.step[role]), -128, 127).astype(np.int8)

        def sound(prosody: Prosody, spoken: list[tuple[int, dict[str, np.ndarray]]]) -> np.ndarray:
            moved = [(seed, {role: louder(role, head) for role, head in heads.items()}) for seed, heads in spoken]
            pcm = np.concatenate([self.speaker.vocoder(seed, prosody).frames(heads) for seed, heads in moved])
            return prepared(pcm, rate)

        heard = [(text, sound(prosody, spoken)) for text, prosody, spoken in self.sentences]

        def clarity() -> np.ndarray:
            return np.array([ear.likelihood(wav, text) if ear else 0.0 for text, wav in heard])

        return Rating(float(np.mean([rating(wav) for _, wav in heard])), clarity)


def best_bands(rated: Callable[[Bands], Rating], report: Callable[[str], None] = print) -> Bands:
    """Return the best gains, as `rated` rates them: each band is moved up or down, in large and then in small steps."""
    ratings: dict[Bands, Rating] = {}

    def tried(bands: Bands) -> Rating:
        if bands not in ratings:
            ratings[bands] = rated(bands)
            told = ", ".join(f"{gain:g}" for gain in bands)
            report(f"equaliser: {told} dB: DistillMOS {ratings[bands].naturalness:.3f}")
        return ratings[bands]

    best = FLAT
    for step in STEPS:
        for band in ORDER:
            for move in (step, -step):
                other = (*best[:band], best[band] + move, *best[band + 1 :])
                if tried(other).beats(tried(best), tried(FLAT), GAIN, report):
                    best = other
                    break
    return best
