"""Compare speech with the teacher's version of the same sentence: spectrum, durations, pitch and energy.

The spectral measure is mel-cepstral distortion in dB along the best dynamic-time-warping path, from 40 mel bands,
coefficients 1 to 13, and 20 ms windows every 5 ms. The distortion equals the root mean square, over the bands, of the
difference in dB between two smoothed spectra. The mean level is excluded, so the volume has no effect. The docstrings
of the functions describe the prosodic measures.
"""

from functools import cache
from types import ModuleType

import numpy as np

from ticktalk.converter.errors import INSTALL, MissingToolError
from ticktalk.converter.judging.scores import RATE, prepared
from ticktalk.converter.judging.speakers import JudgedSpeech

MELS, COEFFICIENTS = 40, 13
HOP, WINDOW = 80, 320  # samples at the scoring models' sample rate, independent of the voice's frames
RANGE = 60.0  # dynamic range of the spectra in dB, relative to the loudest band
ENERGY_RANGE = 40.0  # dynamic range of the energy in dB, relative to the loudest frame
LOWEST, HIGHEST = 60.0, 500.0  # pitch tracking range in Hz


@cache
def _librosa() -> ModuleType:
    try:
        import librosa
    except ImportError as error:
        raise MissingToolError(f"the package {error.name} is not installed: {INSTALL}") from None
    return librosa


def cepstra(speech: JudgedSpeech) -> np.ndarray:
    """Return the mel cepstra as float [frames, COEFFICIENTS], scaled so that the norm of a difference is in dB."""
    librosa = _librosa()
    wav = prepared(speech.audio, speech.rate)
    bands = librosa.feature.melspectrogram(y=wav, sr=RATE, n_fft=512, win_length=WINDOW, hop_length=HOP, n_mels=MELS)
    levels = librosa.power_to_db(bands, ref=np.max, top_db=RANGE)
    return librosa.feature.mfcc(S=levels, n_mfcc=COEFFICIENTS + 1, norm="ortho")[1:].T / np.sqrt(MELS)


def warped(one: np.ndarray, other: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean distance along the cheapest alignment of two vector sequences, and that alignment as int [L,
    2]."""
    librosa = _librosa()
    from scipy.spatial.distance import cdist  # a dependency of librosa

    distances = cdist(one, other)
    _, path = librosa.sequence.dtw(C=distances)
    return float(distances[path[:, 0], path[:, 1]].mean()), path[::-1]


def durations_of_both(one: JudgedSpeech, other: JudgedSpeech) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the phoneme durations, in seconds, in `one` and `other`.

    Returns None if the phonemes differ or durations are missing.
    """
    if one.ids is None or one.durations is None or other.ids is None or other.durations is None:
        return None
    return (one.durations, other.durations) if np.array_equal(one.ids, other.ids) else None


def duration_errors(one: JudgedSpeech, other: JudgedSpeech) -> np.ndarray | None:
    """Return the absolute difference between each phoneme's durations in ms, as [N]. Spaces and edges are included.

    Returns None if the phonemes differ or durations are missing.
    """
    both = durations_of_both(one, other)
    return None if both is None else np.round(1000 * np.abs(both[0] - both[1]), 6)


def pitch_pairs(one: JudgedSpeech, other: JudgedSpeech, path: np.ndarray) -> np.ndarray:
    """Return log f0 in `one` and `other` as float [n, 2], for the frames of `one` that are voiced in both.

    Uses the intended pitch if both systems report it, and otherwise the pitch tracked in the recordings. `matching` is
    the list of pairs of corresponding frames.
    """
    own, theirs, frame, their_frame = one.pitch, other.pitch, one.frame, other.frame
    if own is None or theirs is None:
        (own, frame), (theirs, their_frame) = tracked(one), tracked(other)
    there = matching(one, other, path, (np.arange(len(own)) + 0.5) * frame)
    index = np.clip((there / their_frame).astype(int), 0, len(theirs) - 1)
    pairs = np.stack([own, theirs[index]], 1)
    return pairs[np.isfinite(pairs).all(1)]


def energy_errors(one: JudgedSpeech, other: JudgedSpeech, path: np.ndarray) -> np.ndarray:
    """Return the level difference of each 20 ms window in dB, as [frames].

    The mean difference is subtracted, so the volume has no effect. `matching` is the list of pairs of corresponding
    frames.
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

    If both have the same phonemes, the mapping is linear within each phoneme. Otherwise, the mapping follows `path`
    (see `warped`).
    """
    if both := durations_of_both(one, other):
        here, there = (np.concatenate([[0.0], np.cumsum(durations)]) for durations in both)
    else:
        here, there = path.T * (HOP / RATE)
    return np.interp(times, here, there)


def tracked(speech: JudgedSpeech) -> tuple[np.ndarray, float]:
    """Return the log f0 tracked by pYIN, as [frames] with NaN where unvoiced, and the frame period in seconds.

    The first pass covers the range of human voices. The second pass covers 0.75 times the first quartile to 1.5 times
    the third quartile of the pitches found, which leaves little room for octave errors (Hirst, The analysis by
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
