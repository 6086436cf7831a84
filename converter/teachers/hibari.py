"""The engine `hibari`: audio, plus phonemes, durations, pitch, energy and five spectral components per 12.5 ms frame.

hibari (Apache-2.0, distilled from Kokoro-82M) includes its ONNX graph in its wheel. Two internal tensors are added to
the graph's outputs: the duration of each phoneme in units of two frames, and the energy of each frame. A voice with
hibari's frame and bin spacing (16 kHz, hop 200, n_fft 800) uses the lowest of hibari's 601 bins unchanged, without
interpolation. For any other geometry, hibari's audio is recorded and decomposed.
"""

import zlib
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.geometry import GEOMETRY, REFERENCE_N_FFT, Geometry
from ticktalk.converter.teachers.program import run_graph
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher, Utterance
from ticktalk.system.installing import pip_install

INSTALL = pip_install("corpus")
OWN = Geometry(rate=24000, hop=300, n_fft=REFERENCE_N_FFT)  # one frame every 12.5 ms; bins 20 Hz apart
FRAMES_PER_UNIT = 2  # the graph counts durations in 25 ms units, and a frame is 12.5 ms
DURATION, ENERGY = "/Clip_output_0", "/Div_42_output_0"
UNVOICED_BELOW = 40.0  # Hz


def hibari_voices() -> ModuleType:
    """Return the module hibari.voices. Raises MissingToolError if the package is not installed."""
    try:
        import hibari.voices
    except ImportError as error:
        raise MissingToolError(f"hibari requires the package {error.name}: {INSTALL}") from None
    return hibari.voices


def interpolate_f0(f0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Convert f0 [T] (in Hz, near 0 where unvoiced) to natural log f0 [T] and voicing [T].

    Log f0 is interpolated linearly through unvoiced frames.
    """
    voiced = f0 > UNVOICED_BELOW
    if not voiced.any():
        return np.full(len(f0), np.log(200.0), np.float32), voiced
    at = np.flatnonzero(voiced)
    return np.interp(np.arange(len(f0)), at, np.log(f0[at])).astype(np.float32), voiced


class Hibari(Teacher):
    """`utterances` returns an Utterance for each sentence, and `recordings` returns their audio at 24 kHz.

    Both are deterministic.
    """

    internals = True
    frame_seconds = 1 / OWN.frames_a_second

    def frames_fit(self, geometry: Geometry) -> bool:
        """Return whether the internals match the features of a voice with this geometry."""
        return (
            geometry.rate <= OWN.rate
            and geometry.hop * OWN.rate == OWN.hop * geometry.rate
            and geometry.n_fft * OWN.rate == OWN.n_fft * geometry.rate
        )

    def __init__(self, card: Card):
        super().__init__(card)
        known, installed = hibari_voices().VOICES, self.voices(card)
        if self.voice not in installed:
            why = (
                "not installed on this machine: copy its ONNX file into hibari's folder"
                if self.voice in known
                else "unknown"
            )
            raise DistillError(f"hibari's voice {self.voice!r} is {why}; installed: {', '.join(installed)}")
        try:
            import hibari
            import onnx
            import onnxruntime
        except ImportError as error:
            raise MissingToolError(f"hibari requires the package {error.name}: {INSTALL}") from None
        self.version = version("hibari-tts")
        if known[self.voice]["british"]:
            self.phonemizer, self.language = "hibari:en-gb", "en-gb"
        self._tts = hibari.Hibari(voice=self.voice)
        model = onnx.load(self._tts.model_path)
        for name in (DURATION, ENERGY):
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the voices whose models are on this machine. Nothing is downloaded."""
        found = hibari_voices()

        def installed(name: str) -> bool:
            try:
                return Path(found.voice_path(name, download_missing=False)).is_file()
            except FileNotFoundError:
                return False

        return [name for name in found.VOICES if installed(name)]

    def utterances(self, text: str, bins: int = GEOMETRY.bins) -> list[Utterance]:
        """Return an Utterance for each sentence of `text`, with the first `bins` bins of its spectra.

        Raises DistillError if the graph's outputs are unusable.
        """
        return [self._utterance(self._tts.ids(phonemes), text, bins) for phonemes in self._tts.phonemize(text)]

    def _run(self, ids: list[int], text: str) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
        """Run the graph.

        Returns five spectral components (float32 [601, T]), f0 ([T], Hz), durations (int16 [N], frames) and energy
        ([T]).
        """
        feed = {"ids": np.asarray([ids], np.int64), "speed": np.ones(1, np.float32)}
        *parts, f0, units, energy = run_graph(self._session, feed, f"teacher hibari, {text!r}")
        durations = (units * FRAMES_PER_UNIT).astype(np.int16)
        if durations.sum() != f0.shape[1] or not all(np.isfinite(part).all() for part in parts):
            raise DistillError(f"teacher hibari returned inconsistent durations or spectra for {text!r}")
        return [part[0] for part in parts], f0[0], durations, energy[0, 0]

    def _utterance(self, ids: list[int], text: str, bins: int) -> Utterance:
        parts, f0, durations, energy = self._run(ids, text)
        spectrum = np.stack([part[:bins].T for part in parts], 1)
        spectrum[:, 1] = np.tanh(spectrum[:, 1])
        log_f0, voiced = interpolate_f0(f0)
        return Utterance(
            np.asarray(ids, np.int16), durations, log_f0, voiced, energy.astype(np.float32), spectrum.astype(np.float16)
        )

    def recordings(self, text: str) -> list[Recording]:
        """Return hibari's own audio. The noise in the audio depends only on the phonemes."""
        from hibari import dsp

        found = []
        for phonemes in self._tts.phonemize(text):
            ids = self._tts.ids(phonemes)
            parts, f0, durations, _ = self._run(ids, text)
            audio = dsp.synth(*parts, f0, np.random.default_rng(zlib.crc32(phonemes.encode())))
            found.append(
                Recording(audio, dsp.SR, np.asarray(ids), durations.astype(np.int64) * (len(audio) // len(f0)))
            )
        return found
