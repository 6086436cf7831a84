"""Compare the voice of speech with recordings of a speaker.

resemblyzer maps speech to a vector that describes the speaker, whatever is said. The similarity of two voices is the
cosine of their vectors
(docs/reference/scores.md).

    joe = KnownVoice([prepared(recording, rate) for ...])     # MissingToolError if a package is missing
    joe.similarity(prepared(pcm, 16000))
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import numpy as np

from ticktalk.converter.audio.recording_checks import SILENCE
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError, missing_package
from ticktalk.converter.judging.scores import RATE, prepared
from ticktalk.system.files import read_bytes

LEAST = RATE // 2  # samples; if less of a recording is left without its pauses, the pauses are kept


@cache
def encoder() -> Callable[[np.ndarray], np.ndarray]:
    """Load resemblyzer, and return the function that maps a prepared recording to its vector, float32 [256] of length
    1."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it imports from a module that SciPy renamed
            import resemblyzer
    except ImportError as error:
        raise missing_package(error) from None
    model = resemblyzer.VoiceEncoder("cpu", verbose=False)

    def encode(wav: np.ndarray) -> np.ndarray:
        spoken = resemblyzer.preprocess_wav(wav)
        return model.embed_utterance(spoken if len(spoken) >= LEAST else wav)

    return encode


class KnownVoice:
    """The voice in several prepared recordings, as the mean of their vectors."""

    def __init__(self, recordings: Iterable[np.ndarray]):
        self._encode = encoder()
        self._mean = np.mean([self._encode(recording) for recording in recordings], 0)

    def similarity(self, wav: np.ndarray) -> float:
        """Return the similarity of the voice in a prepared recording, -1 to 1."""
        own = self._encode(wav)
        return float(own @ self._mean / (np.linalg.norm(own) * np.linalg.norm(self._mean)))


def recordings_in(folder: Path) -> list[np.ndarray]:
    """Return the WAV files of a folder, or of its folder wavs, prepared for scoring.

    Raises DistillError if there are none, or if one cannot be read.
    """
    inner = folder / "wavs"
    files = sorted((inner if inner.is_dir() else folder).glob("*.wav"))
    if not folder.is_dir():
        raise DistillError(f"--like {folder}: is not a folder; specify a folder with .wav files")
    if not files:
        raise DistillError(f"--like {folder}: contains no .wav files, directly or in wavs/; record some there")
    try:
        heard = [read_wav(read_bytes(file), str(file)) for file in files]
    except OSError as error:
        raise DistillError(f"{error.filename}: cannot be read: {error.strerror}") from None
    for file, (audio, _) in zip(files, heard):
        if not np.isfinite(audio).all() or np.abs(audio).max(initial=0) < SILENCE:
            raise DistillError(f"{file}: contains no speech; remove it")
    return [prepared(*each) for each in heard]
