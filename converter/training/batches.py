"""Training batches: random segments of frames with their phonemes. Each batch depends only on the seed and the step."""

from dataclasses import dataclass

import keras
import numpy as np

from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training.student import HEAD_RANGES, StudentConfig
from ticktalk.runtime_sim.voice import LOG_HEADS

OUTSIDE = -1  # index of the rows before and after the utterance, where all values are zero


@dataclass(frozen=True)
class BatchShape:
    """The dimensions of a batch: `size` segments of `frames` frames, each within a window of `phonemes` phonemes."""

    size: int = 16
    frames: int = 128
    phonemes: int = 96


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of the log magnitudes [bins], and of pitch and energy (scalars).

    In a voice with several speakers, each has a mean pitch of its own, and mean["pitch"] has the shape [speakers].
    """

    mean: dict[str, np.ndarray]
    std: dict[str, np.ndarray]

    def mean_pitch(self, speaker: int) -> float:
        """Return the natural log of the mean f0 of a speaker."""
        return float(np.atleast_1d(self.mean["pitch"])[speaker])


PART = {"harmonic": 0, "rotation": 1, "noise": 2, "free": 3, "free_phase": 4}  # index on axis 1 of a spectrum


def normalisation(features: Features, utterances: int = 300) -> Normalisation:
    """Compute the statistics of log magnitudes, pitch and energy over the first `utterances` utterances.

    Log magnitudes are clipped to HEAD_RANGES. Harmonic magnitudes and pitch are measured only in voiced frames.
    """
    spectra = np.concatenate([s[::3] for s in features.spectra[:utterances]]).astype(np.float32)
    frames = np.concatenate([f[::3] for f in features.frames[:utterances]])
    voiced = frames[:, 1] > 0
    mean: dict[str, np.ndarray] = {}
    std: dict[str, np.ndarray] = {}
    for name in (name for name in LOG_HEADS if PART[name] < spectra.shape[1]):
        values = np.clip(spectra[:, PART[name]], *HEAD_RANGES[name])
        values = values[voiced] if name == "harmonic" else values
        mean[name], std[name] = values.mean(0), values.std(0) + 0.1
    for name, values in (("pitch", frames[voiced, 0]), ("energy", frames[:, 2])):
        mean[name], std[name] = np.asarray(values.mean()), np.asarray(values.std())
    if several := max(features.speakers, default=0):
        speaker = np.repeat(features.speakers[:utterances], [len(f[::3]) for f in features.frames[:utterances]])
        own = [frames[voiced & (speaker == number), 0] for number in range(several + 1)]
        mean["pitch"] = np.array([values.mean() for values in own])
        std["pitch"] = np.concatenate([values - values.mean() for values in own]).std()
    return Normalisation(mean, std)


def position_value(index: np.ndarray, positions: int) -> np.ndarray:
    """Map distances in frames from a phoneme's boundary, clipped to positions - 1, to network inputs from -1 to 1."""
    return 2.0 * np.minimum(index, positions - 1) / (positions - 1) - 1.0


def expand(durations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Expand durations [N] in frames to three arrays with one value per frame.

    Returns each frame's phoneme index, distance from the phoneme's start, and distance to its end.
    """
    phoneme = np.repeat(np.arange(len(durations)), durations)
    start = np.repeat(np.cumsum(durations) - durations, durations)
    at = np.arange(len(phoneme))
    return phoneme, at - start, np.repeat(durations, durations) - 1 - (at - start)


class Batches(keras.utils.PyDataset):
    """Batches of the student's inputs and targets. In epoch e, step `step` yields the seed's batch e * steps + step.

    `part` is (index, count). Each batch is divided into `count` equal parts, one per process, and this object yields
    only part `index`.
    """

    def __init__(
        self,
        features: Features,
        config: StudentConfig,
        norm: Normalisation,
        shape: BatchShape,
        steps: int,
        seed: int,
        teacher_prosody: float = 0.7,
        first_epoch: int = 0,
        part: tuple[int, int] = (0, 1),
    ):
        super().__init__(workers=1, max_queue_size=4)
        self.features, self.config, self.norm, self.shape, self.steps, self.seed = (
            features,
            config,
            norm,
            shape,
            steps,
            seed,
        )
        self.teacher_prosody, self.epoch = teacher_prosody, first_epoch
        lengths = np.array([len(f) for f in features.frames], np.float64)
        self.chance = lengths / lengths.sum()
        which, of = part
        self.mine = slice(which * shape.size // of, (which + 1) * shape.size // of)

    def __len__(self) -> int:
        return self.steps

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def __getitem__(self, step: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        rng = np.random.default_rng((self.seed, self.epoch * self.steps + step))
        chosen = rng.choice(len(self.chance), self.shape.size, p=self.chance)
        # A segment may extend beyond either end of the utterance, so that the student also learns silence.
        length = self.shape.frames
        first = [
            int(rng.integers(-length // 8, max(1, len(self.features.frames[i]) - length * 7 // 8))) for i in chosen
        ]
        told = rng.random((self.shape.size, 1, 1)) < self.teacher_prosody
        items = [self._stretch(*where) for where in zip(chosen[self.mine], first[self.mine])]
        inputs, targets = ({k: np.stack([item[side][k] for item in items]) for k in items[0][side]} for side in (0, 1))
        inputs["teacher_prosody"] = told[self.mine].astype(np.float32)
        if self.features.sounds:
            # The noise is drawn here because XLA takes a long time to compile a random number generator.
            targets["chance"] = rng.standard_normal((len(items), length, self.config.geometry.bins, 2), np.float32)
        return inputs, targets

    def whole(self, i: int) -> dict[str, np.ndarray]:
        """Return the student's inputs, but not `teacher_prosody`, for utterance `i`, of which the shape has all frames
        and phonemes."""
        return {key: value[None] for key, value in self._stretch(i, 0)[0].items()}

    def _stretch(self, i: int, first: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        c, shape = self.config, self.shape
        phonemes, frames, spectrum = self.features.phonemes[i], self.features.frames[i], self.features.spectra[i]
        phoneme, from_start, to_end = expand(phonemes[:, 1])
        total = len(frames)
        rows = np.arange(first - c.frame_context, first + shape.frames + c.frame_context)
        inside = (rows >= 0) & (rows < total)
        clipped = np.clip(rows, 0, total - 1)
        window = int(phoneme[clipped[0]])
        owner = phoneme[clipped] - window
        inside &= owner < shape.phonemes
        at = np.arange(window - c.phoneme_context, window + shape.phonemes + c.phoneme_context)
        known = (at >= 0) & (at < len(phonemes))
        body = slice(c.phoneme_context, c.phoneme_context + shape.phonemes)
        near = slice(c.prosody_context, len(rows) - c.prosody_context)
        middle = slice(c.frame_context, c.frame_context + shape.frames)
        speaker = self.features.speakers[i] if c.speakers else 0
        pitch = (frames[clipped, 0] - self.norm.mean_pitch(speaker)) / self.norm.std["pitch"]
        energy = (frames[clipped, 2] - self.norm.mean["energy"]) / self.norm.std["energy"]
        prosody = np.stack([pitch, frames[clipped, 1], energy], -1).astype(np.float32) * inside[:, None]
        durations = phonemes[np.clip(at[body], 0, len(phonemes) - 1), 1]
        inputs = {
            "ids": np.where(known, phonemes[np.clip(at, 0, len(phonemes) - 1), 0], OUTSIDE).astype(np.int32),
            "owner": np.where(inside, owner, OUTSIDE).astype(np.int32),
            "position": np.stack(
                [position_value(from_start[clipped], c.positions), position_value(to_end[clipped], c.positions)], -1
            ).astype(np.float32),
            "prosody": prosody[near],
            **({"speaker": np.array([speaker], np.int32)} if c.speakers else {}),
        }
        targets = {
            "duration": np.log(durations).astype(np.float32),
            "phoneme_mask": known[body].astype(np.float32),
            "prosody": prosody[near],
            "prosody_mask": inside[near].astype(np.float32),
            "spectrum": np.ascontiguousarray(spectrum[clipped[middle]]),
            "mask": inside[middle].astype(np.float32),
            "voiced": (frames[clipped[middle], 1] * inside[middle]).astype(np.float32),
        }
        if self.features.sounds:
            targets["sound"] = self._sound(i, first)
        return inputs, targets

    def _sound(self, i: int, first: int) -> np.ndarray:
        """Return float32 [(frames - 1) * hop + n_fft, 2]: the recording and its pulses.

        The samples cover the windows of all frames in the segment, which starts at frame `first`.
        """
        g, sound = self.config.geometry, self.features.sounds[i]
        start = first * g.hop - g.n_fft // 2
        cut = np.zeros(((self.shape.frames - 1) * g.hop + g.n_fft, 2), np.float32)
        low, high = max(start, 0), max(0, start, min(start + len(cut), len(sound)))
        cut[low - start : high - start] = sound[low:high]
        return cut
