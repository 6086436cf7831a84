"""The teacher `hibari`: text to phonemes, durations, pitch, energy and the five spectral parts, all per 12.5 ms frame.

hibari (Apache-2.0, distilled from Kokoro-82M) ships its ONNX graph in its wheel. Two inner tensors are appended to the
graph's outputs: the duration of each phoneme in half frames, and the frame energy. At 16 kHz with n_fft 800 the first
401 of its 601 bins (20 Hz apart) are the whole signal, so nothing is interpolated.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import numpy as np

from converter.errors import DistillError, MissingToolError

BINS = 401  # 0 to 8 kHz, 20 Hz apart
FRAMES_PER_UNIT = 2  # the graph counts durations in 25 ms, frames are 12.5 ms
DURATION, ENERGY = "/Clip_output_0", "/Div_42_output_0"
UNVOICED_BELOW = 40.0  # Hz


@dataclass(frozen=True)
class Utterance:
    """What a teacher says of one sentence: N phonemes, T frames.

    ids int16 [N]; durations int16 [N], frames; log_f0 float32 [T], natural log of Hz, interpolated through unvoiced
    stretches; voiced bool [T]; energy float32 [T]; spectrum float16 [T, 5, 401]: log harmonic magnitude, phase rotation
    in half turns, log noise magnitude, log free magnitude, free phase in radians.
    """

    ids: np.ndarray
    durations: np.ndarray
    log_f0: np.ndarray
    voiced: np.ndarray
    energy: np.ndarray
    spectrum: np.ndarray


def interpolate_f0(f0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f0 [T] in Hz (noise around 0 where unvoiced) -> (natural log f0 [T], linear through unvoiced frames; voiced [T])."""
    voiced = f0 > UNVOICED_BELOW
    if not voiced.any():
        return np.full(len(f0), np.log(200.0), np.float32), voiced
    at = np.flatnonzero(voiced)
    return np.interp(np.arange(len(f0)), at, np.log(f0[at])).astype(np.float32), voiced


class HibariTeacher:
    """`utterances(text)` gives one Utterance a sentence. Deterministic. Raises MissingToolError without the package."""

    name = "hibari"

    def __init__(self, voice: str = "heart"):
        try:
            import hibari
            import onnx
            import onnxruntime
        except ImportError as error:
            raise MissingToolError(f"teacher hibari needs {error.name}; pip install 'ticktalk[convert]'") from error
        self._tts = hibari.Hibari(voice=voice)
        self.voice = voice
        model = onnx.load(self._tts.model_path)
        for name in (DURATION, ENERGY):
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    @cached_property
    def facts(self) -> dict:
        """What the voice's manifest records of this teacher."""
        return {"name": "hibari", "voice": self.voice, "version": version("hibari-tts"), "licence": "Apache-2.0",
                "commercial": True, "url": "https://pypi.org/project/hibari-tts/"}

    @property
    def symbols(self) -> dict[str, int]:
        """Phoneme symbol -> id, hibari's own table."""
        return dict(self._tts.vocab)

    def utterances(self, text: str) -> list[Utterance]:
        """One Utterance a sentence of `text`. Raises DistillError when the teacher returns something unusable."""
        return [self._utterance(self._tts.ids(phonemes), text) for phonemes in self._tts.phonemize(text)]

    def _utterance(self, ids: list[int], text: str) -> Utterance:
        feed = {"ids": np.asarray([ids], np.int64), "speed": np.ones(1, np.float32)}
        *parts, f0, units, energy = self._session.run(None, feed)
        durations = (units * FRAMES_PER_UNIT).astype(np.int16)
        spectrum = np.stack([part[0, :BINS].T for part in parts], 1)
        spectrum[:, 1] = np.tanh(spectrum[:, 1])
        if durations.sum() != len(spectrum) or not np.isfinite(spectrum).all():
            raise DistillError(f"teacher hibari returned durations or a spectrum that do not fit for {text!r}")
        log_f0, voiced = interpolate_f0(f0[0])
        return Utterance(np.asarray(ids, np.int16), durations, log_f0, voiced, energy[0, 0].astype(np.float32),
                         spectrum.astype(np.float16))

    def speak(self, text: str) -> tuple[np.ndarray, int]:
        """The teacher's own audio: (float32 samples in -1..1, sample rate)."""
        return self._tts(text, seed=0), self._tts.sample_rate
