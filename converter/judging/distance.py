"""Measure how speech differs from its teacher's version of the same sentence: spectrum, durations, pitch and energy.

The spectral measure is mel-cepstral distortion in dB along the best dynamic-time-warping path. It uses 40 mel bands,
coefficients 1 to 13, and 20 ms windows every 5 ms. It is the root mean square, over the bands, of the difference
between two smoothed spectra in dB. The mean level is excluded, so volume has no effect. The prosodic measures are
described in the functions' docstrings.
"""

from functools import cache
from types import ModuleType

import numpy as np

from ticktalk.converter.errors import INSTALL, MissingToolError
from ticktalk.converter.judging.scores import RATE, prepared
from ticktalk.converter.judging.speakers import JudgedSpeech

MELS, COEFFICIENTS = 40, 13
HOP, WINDOW = 80, 320  # samples at the sample rate of the scoring models, independent of the voice's frames
RANGE = 60.0  # dB below the loudest band; lower levels are clipped ...
ENERGY_RANGE = 40.0  # ... and dB below the loudest frame
LOWEST, HIGHEST = 60.0, 500.0  # pitch tracking range in Hz


@cache
def _librosa() -> ModuleType:
    try:
        import librosa
    except ImportError as error:
        raise MissingToolError(f"the package {error.name} is not installed: {INSTALL}") from None
    return librosa


def cepstra(speech: JudgedSpeech) -> np.ndarray:
    """Return cepstra, float [frames, COEFFICIENTS], scaled so that the norm of a difference is in dB."""
    librosa = _librosa()
    wav = prepared(speech.audio, speech.rate)
    bands = librosa.feature.melspectrogram(y=wav, sr=RATE, n_fft=512, win_length=WINDOW, hop_length=HOP, n_mels=MELS)
    levels = librosa.power_to_db(bands, ref=np.max, top_db=RANGE)
    return librosa.feature.mfcc(S=levels, n_mfcc=COEFFICIENTS + 1, norm="ortho")[1:].T / np.sqrt(MELS)


def warped(one: np.ndarray, other: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean distance along the cheapest alignment of two vector sequences, and the alignment, int [L, 2]."""
    librosa = _librosa()
    from scipy.spatial.distance import cdist  # a dependency of librosa

    distances = cdist(one, other)
    _, path = librosa.sequence.dtw(C=distances)
    return float(distances[path[:, 0], path[:, 1]].mean()), path[::-1]


def durations_of_both(one: JudgedSpeech, other: JudgedSpeech) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the phoneme durations in `one` and in `other`.

    Returns None if the phonemes differ or a duration is missing.
    """
    if one.ids is None or one.durations is None or other.ids is None or other.durations is None:
        return None
    return (one.durations, other.durations) if np.array_equal(one.ids, other.ids) else None


def duration_errors(one: JudgedSpeech, other: JudgedSpeech) -> np.ndarray | None:
    """Return the difference of each phoneme's duration in ms, [N], including spaces and edges.

    Returns None if the phonemes differ.
    """
    both = durations_of_both(one, other)
    return None if both is None else np.round(1000 * np.abs(both[0] - both[1]), 6)


def pitch_pairs(one: JudgedSpeech, other: JudgedSpeech, path: np.ndarray) -> np.ndarray:
    """Return log f0 in `one` and `other`, float [n, 2], at the frames of `one` that are voiced in both.

    Uses the pitch intended by the systems if both report it, otherwise the pitch tracked in the recordings. Frames are
    paired by `matching`.
    """
    own, theirs, frame, their_frame = one.pitch, other.pitch, one.frame, other.frame
    if own is None or theirs is None:
        (own, frame), (theirs, their_frame) = tracked(one), tracked(other)
    there = matching(one, other, path, (np.arange(len(own)) + 0.5) * frame)
    index = np.clip((there / their_frame).astype(int), 0, len(theirs) - 1)
    pairs = np.stack([own, theirs[index]], 1)
    return pairs[np.isfinite(pairs).all(1)]


def energy_errors(one: JudgedSpeech, other: JudgedSpeech, path: np.ndarray) -> np.ndarray:
    """Return the level differences of 20 ms windows in dB, [frames].

    Their mean is subtracted, so that volume has no effect. Frames are paired by `matching`.
    """
    librosa = _librosa()
    waves = [prepared(speech.audio, speech.rate) for speech in (one, other)]
    levels = [librosa.feature.rms(y=wave, frame_length=WINDOW, hop_length=HOP)[0] for wave in waves]
    own, theirs = (librosa.amplitude_to_db(level, ref=np.max, top_db=ENERGY_RANGE) for level in levels)
    there = matching(one, other, path, np.arange(len(own)) * (HOP / RATE))
    differences = own - np.interp(there, np.arange(len(theirs)) * (HOP / RATE), theirs)
    return differences - differences.mean()


def matching(one: JudgedSpeech, other: JudgedSpeech, path: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the times in `other`, in seconds, that correspond to `times` in `one`.

    The mapping is linear within each phoneme if both have the same phonemes. Otherwise it follows `path` (see
    `warped`).
    """
    if both := durations_of_both(one, other):
        here, there = (np.concatenate([[0.0], np.cumsum(durations)]) for durations in both)
    else:
        here, there = path.T * (HOP / RATE)
    return np.interp(times, here, there)


def tracked(speech: JudgedSpeech) -> tuple[np.ndarray, float]:
    """Return the pitch tracked by pYIN as log f0, [frames], NaN if unvoiced, and the frame period in seconds.

    pYIN runs twice, first over the range of human voices. The second pass covers 0.75 times the first quartile to 1.5
    times the third quartile of that result, which leaves little room for octave errors (Hirst, The analysis by
    synthesis of speech melody, 2011).
    """
    hop, wav, lowest, highest = 2 * HOP, prepared(speech.audio, speech.rate), LOWEST, HIGHEST
    for again in (True, False):
        f0, voiced, _ = _librosa().pyin(wav, sr=RATE, fmin=lowest, fmax=highest, frame_length=1024, hop_length=hop)
        if not voiced.any():
            break
        if again:
            lowest, highest = (
                max(LOWEST, 0.75 * np.percentile(f0[voiced], 25)),
                min(HIGHEST, 1.5 * np.percentile(f0[voiced], 75)),
            )
    return np.where(voiced, np.log(np.where(voiced, f0, 1.0)), np.nan), hop / RATE
