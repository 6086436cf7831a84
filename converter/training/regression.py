"""Training of the student by regression on the spectral components of the teacher or of recordings.

This module contains the losses and the resumable training loop.
"""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage import checkpoint
from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training import budgets, processes
from ticktalk.converter.training.batches import OUTSIDE, PART, Batches, BatchShape, Normalisation
from ticktalk.converter.training.budgets import Budget
from ticktalk.converter.training.fake_quant import FakeQuant
from ticktalk.converter.training.perceptual_loss import free_sounds, recorded_sounds, sound_error, wave_error
from ticktalk.converter.training.schedule import Advance, Report, Schedule
from ticktalk.converter.training.student import HEAD_RANGES, FrameNet, PhonemeNet, StudentConfig, crop
from ticktalk.converter.training.tensor import Tensor
from ticktalk.runtime_sim.voice import LOG_HEADS

PEAK = 2e-3  # peak learning rate
# The free component carries nearly all of the teacher's audible signal (docs/measurements/voice-heart.md).
WEIGHTS = {
    "duration": 0.5,
    "pitch": 0.5,
    "voicing": 0.3,
    "energy": 0.3,
    "harmonic": 0.7,
    "rotation": 1.5,
    "noise": 0.1,
    "free": 3.0,
    "free_phase": 4.0,
    "sound": 1.0,
}  # "sound" is used while `listening` (converter/training/perceptual_loss.py)
# Weights for recordings, which are decomposed into pulses and noise. "wave" is used while `listening`.
WEIGHTS_RECORDED = WEIGHTS | {"harmonic": 2.5, "rotation": 2.5, "noise": 1.5, "wave": 0.3}
SILENT = 0.1  # minimum weight of a bin; the square root of the bin's magnitude is added


class Learner(keras.Model):
    """What `train` trains: a model whose loss is a weighted sum of named parts."""

    config: StudentConfig
    norm_statistics: Normalisation

    @property
    def weights_of_parts(self) -> dict[str, float]:
        """The weight of each scalar loss in the sum that is minimised."""
        raise NotImplementedError

    def parts(self, y: dict[str, Tensor], p: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the scalar losses by name, given targets `y` and predictions `p`."""
        raise NotImplementedError

    def compute_loss(
        self,
        x: object = None,
        y: dict[str, Tensor] | None = None,
        y_pred: dict[str, Tensor] | None = None,
        sample_weight: object = None,
        training: bool = True,
    ) -> Tensor:
        if y is None or y_pred is None:
            raise ValueError("the loss requires targets and predictions")
        return sum(self.weights_of_parts[name] * value for name, value in self.parts(y, y_pred).items())


@keras.saving.register_keras_serializable("ticktalk")
class Student(Learner):
    """The embedding and both networks. `batches.Batches` provides the inputs and targets.

    The float student predicts log magnitudes normalised per bin. The `quantised` student (see quantise.py) predicts
    unnormalised values, because the watch uses its outputs directly. While `listening`, the loss also compares the
    student's sound with that of the recording or the teacher.
    """

    def __init__(self, config: StudentConfig, norm: Normalisation, quantised: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        self.listening = False
        self.config, self.norm_statistics, self.quantised = config, norm, quantised
        self.embedding = keras.layers.Embedding(config.symbols, config.phoneme_channels)
        if config.speakers:  # added to each phoneme's embedding and hidden row; without training, all speakers are one
            self.speaker_embedding, self.speaker_hidden = (
                keras.layers.Embedding(config.speakers, config.phoneme_channels, "zeros") for _ in range(2)
            )
        self.phoneme_net, self.frame_net = PhonemeNet(config, quantised), FrameNet(config, quantised)

    def build(self, shapes: object) -> None:
        """Do nothing, because the layers create their variables when they are first called."""

    def _embedded(self, ids: Tensor, speaker: Tensor | None) -> Tensor:
        rows = self.embedding(ops.maximum(ids, 0))
        if speaker is not None:
            rows = _added(rows, self.speaker_embedding(speaker), self.phoneme_net.input_quant)
        return rows * ops.cast(ops.not_equal(ids, OUTSIDE), "float32")[..., None]

    def call(self, inputs: dict[str, Tensor], training: bool = False) -> dict[str, Tensor]:
        c = self.config
        ids, owner, speaker = inputs["ids"], inputs["owner"], inputs.get("speaker")
        hidden, duration = self.phoneme_net(self._embedded(ids, speaker), training=training)
        if speaker is not None:
            hidden = _added(hidden, self.speaker_hidden(speaker), self.frame_net.rows_quant)
        rows = ops.take_along_axis(hidden, ops.maximum(owner, 0)[..., None], axis=1)
        rows = ops.concatenate([rows, inputs["position"]], -1) * ops.cast(owner != OUTSIDE, "float32")[..., None]
        rows = self.frame_net.rows_quant(rows) if self.frame_net.rows_quant else rows
        prosody = self.frame_net.prosody(rows, training=training)
        own = ops.stop_gradient(self.frame_net.own(prosody))
        fed = inputs["teacher_prosody"] * inputs["prosody"] + (1.0 - inputs["teacher_prosody"]) * own
        heads = self.frame_net.decode(crop(rows, c.prosody_context), fed, training=training)
        return {"duration": duration, "prosody": prosody, **heads}

    def durations(self, ids: np.ndarray, speakers: np.ndarray | None = None) -> np.ndarray:
        """Predict durations for ids, int [B, N + 2*context] (OUTSIDE before and after the utterance).

        speakers: int [B, 1], in a voice with several speakers. Returns the natural log of the durations in frames as a
        NumPy array [B, N].
        """
        values = [ids] if speakers is None else [ids, speakers]
        given = [keras.Input(batch_shape=value.shape, dtype="int32") for value in values]
        compiled = keras.Model(given, self.phoneme_net(self._embedded(given[0], given[1] if given[1:] else None))[1])
        return compiled.predict_on_batch(values)

    def _log(self, spectrum: Tensor) -> dict[str, Tensor]:
        """Return the natural log magnitudes that the heads should predict, from the targets' spectrum."""
        widths = self.config.heads
        return {
            name: ops.clip(spectrum[:, :, PART[name], : widths[name]], *HEAD_RANGES[name])
            for name in LOG_HEADS
            if name in widths
        }

    def spectra(self, p: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the spectral heads of the predictions `p`, {name: [B, T, bins]}, with log magnitudes unnormalised."""
        stats = self.norm_statistics
        return {
            name: p[name]
            if self.quantised or name not in LOG_HEADS
            else p[name] * stats.std[name][:width] + stats.mean[name][:width]
            for name, width in self.config.heads.items()
        }

    def sounds(self, y: dict[str, Tensor], p: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the audio of the predictions `p`, and that of the targets `y`, both [B, S]."""
        spectrum, widths = ops.cast(y["spectrum"], "float32"), self.config.heads
        heard = self.spectra(p)
        if "free" not in widths:
            return recorded_sounds(heard["harmonic"], heard["rotation"], heard["noise"], y, self.config.geometry)
        phase = spectrum[:, :, PART["free_phase"], : widths["free"]]
        own = heard["free"], heard["free_cos"], heard["free_sin"]
        wanted = self._log(spectrum)["free"], ops.cos(phase), ops.sin(phase)
        return free_sounds(own, wanted, y["mask"][..., None], self.config.geometry)

    @property
    def weights_of_parts(self) -> dict[str, float]:
        return WEIGHTS if "free" in self.config.heads else WEIGHTS_RECORDED

    def parts(self, y: dict[str, Tensor], p: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the scalar losses by name, given targets `y` and predictions `p`."""

        def mean(values: Tensor, weight: Tensor) -> Tensor:
            return ops.sum(values * weight) / (ops.sum(weight * ops.ones_like(values)) + 1e-6)

        mask, voiced = y["mask"][..., None], y["voiced"][..., None]
        spectrum, widths, stats = ops.cast(y["spectrum"], "float32"), self.config.heads, self.norm_statistics
        log = self._log(spectrum)
        amplitude = {name: ops.exp(0.5 * value) for name, value in log.items()}  # compressed like perceived loudness

        def log_error(name: str) -> Tensor:
            mean, std = (side[name][: widths[name]] for side in (stats.mean, stats.std))
            if self.quantised:
                return ops.abs(p[name] - log[name]) / std
            return ops.abs(p[name] - (log[name] - mean) / std)

        turn = spectrum[:, :, PART["rotation"], : widths["rotation"]]
        turned = ops.abs(ops.sin(np.pi / 2 * (p["rotation"] - turn))) * (
            2 / np.pi
        )  # a difference of a full turn is not an error
        pm, pt, pp = y["prosody_mask"], y["prosody"], p["prosody"]
        logit = pp[..., 1]
        others = {}
        if "noise" in widths:
            others["noise"] = mean(
                log_error("noise"), mask if "free" in widths else mask * (SILENT + amplitude["noise"])
            )
        if "free" in widths:
            phase = spectrum[:, :, PART["free_phase"], : widths["free"]]
            turned_free = (p["free_cos"] - ops.cos(phase)) ** 2 + (p["free_sin"] - ops.sin(phase)) ** 2
            others |= {
                "free": mean(log_error("free"), mask * (SILENT + amplitude["free"])),
                "free_phase": mean(turned_free, mask * amplitude["free"]),
            }
        if self.listening:
            made, real = self.sounds(y, p)
            others["sound"] = sound_error(made, real)
            if "free" not in widths:
                others["wave"] = wave_error(made, real)
        return {
            "duration": mean((p["duration"] - y["duration"]) ** 2, y["phoneme_mask"]),
            "pitch": mean(ops.abs(pp[..., 0] - pt[..., 0]), pm * (0.1 + 0.9 * pt[..., 1])),
            "voicing": mean(ops.softplus(logit) - logit * pt[..., 1], pm),
            "energy": mean(ops.abs(pp[..., 2] - pt[..., 2]), pm),
            "harmonic": mean(log_error("harmonic"), voiced * (SILENT + amplitude["harmonic"])),
            "rotation": mean(turned, voiced * amplitude["harmonic"]),
            **others,
        }


def _added(rows: Tensor, vectors: Tensor, quantiser: FakeQuant | None) -> Tensor:
    """Add each segment's speaker vector [B, 1, C] to its rows [B, N, C], both in steps of the rows' int8 grid."""
    return rows + vectors if quantiser is None else quantiser(rows) + quantiser.steps(vectors)


def train(
    model: Learner,
    features: Features,
    folder: Path,
    budget: Budget,
    resume: bool = False,
    seed: int = 1,
    peak: float = PEAK,
    shape: BatchShape = BatchShape(),
    teacher_prosody: float = 0.7,
    report: Report = print,
    advance: Advance = lambda done, total, detail: None,
    compiling: float = 0.0,
    held_out: Features | None = None,
    patience: int = 0,
) -> None:
    """Train a Student, or a Contest (converter/training/adversary.py), with a cosine learning-rate schedule until
    `budget` is exhausted.

    If the run is resumed, the earlier run counts towards the budget. The minutes are counted from this call and include
    compilation. To reserve time for compiling a later stage, the minutes are reduced by `compiling` times the
    compilation time.

    folder: receives a checkpoint (converter/storage/checkpoint.py) after every epoch of 100 steps.
    peak: peak learning rate.
    teacher_prosody: fraction of segments whose decoder receives the teacher's pitch, voicing and energy instead of the
    student's own.
    advance: called after every step.
    patience: with `held_out`, stop after this number of epochs without a lower loss on it, and return to the best
    weights.

    With several processes (converter/training/processes.py), each computes a part of every batch, and all processes end
    with the same weights.
    """
    config, norm, many = model.config, model.norm_statistics, processes.count()
    if shape.size % many:
        raise DistillError(
            f"{many} processes cannot share a batch of {shape.size} segments; use a number of processes that "
            "divides the batch size"
        )
    if many > 1 and not budget.steps:
        raise DistillError(
            f"--minutes works only with one process, because clocks differ; use --steps with {many} processes"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with processes.shared(model):
        model.compile(
            optimizer=keras.optimizers.AdamW(peak, weight_decay=1e-4, clipnorm=1.0, beta_2=0.98), jit_compile=True
        )
        state = checkpoint.load(model, folder) if resume and checkpoint.exists(folder) else checkpoint.FRESH
        batches = Batches(
            features,
            config,
            norm,
            shape,
            budgets.STEPS_AN_EPOCH,
            seed,
            teacher_prosody,
            state["epoch"],
            (processes.rank(), many),
        )
        # With several processes there is no probe, because a single process cannot evaluate the shared model.
        probe = (
            Batches(held_out or features, config, norm, BatchShape(64, shape.frames, shape.phonemes), 1, seed + 1)[0]
            if many == 1
            else None
        )
        schedule = Schedule(folder, budget, peak, probe, state["seconds"], report, advance, compiling, patience)
        if budget.used(state) < 1:
            model.fit(
                batches, initial_epoch=state["epoch"], epochs=1_000_000, shuffle=False, callbacks=[schedule], verbose=0
            )
            schedule.restore()


def build(
    config: StudentConfig, norm: Normalisation, shape: BatchShape = BatchShape(), quantised: bool = False
) -> Student:
    """Return an untrained student whose variables have all been created."""
    c = config
    keras.utils.set_random_seed(1)
    model = Student(c, norm, quantised)
    frames = shape.frames + 2 * c.frame_context
    inputs = {
        "ids": ((1, shape.phonemes + 2 * c.phoneme_context), "int32"),
        "owner": ((1, frames), "int32"),
        "position": ((1, frames, 2), "float32"),
        "prosody": ((1, shape.frames + 2 * c.decoder_context, 3), "float32"),
        "teacher_prosody": ((1, 1, 1), "float32"),
        **({"speaker": ((1, 1), "int32")} if c.speakers else {}),
    }
    # Symbolic tensors, because with arrays, JAX would compile every operation of the call separately.
    model({name: keras.KerasTensor(shape, dtype) for name, (shape, dtype) in inputs.items()})
    return model
