"""Training of the student by regression on the teacher's own parts: losses, schedule, checkpoints that resume."""

import json
import os
import time
from pathlib import Path

import keras
import numpy as np
from keras import ops

from converter.batches import OUTSIDE, PART, Batches, BatchShape, Normalisation
from converter.errors import DistillError
from converter.shards import Features
from converter.student import HEAD_RANGES, LOG_HEADS, FrameNet, PhonemeNet, StudentConfig, crop

STEPS_AN_EPOCH = 100
# The free part is nearly all that is heard of this teacher (docs/voice-heart.md, what a better student would gain).
WEIGHTS = {"duration": 0.5, "pitch": 0.5, "voicing": 0.3, "energy": 0.3, "harmonic": 0.7, "rotation": 1.5, "noise": 0.1,
           "free": 3.0, "free_phase": 4.0}
SILENT = 0.1    # weight of a bin that cannot be heard, beside the square root of its magnitude


@keras.saving.register_keras_serializable("ticktalk")
class Student(keras.Model):
    """Both networks and the embedding; inputs and targets as batches.Batches makes them.

    The float student predicts log magnitudes normalised per bin; the `quantised` one (see quantise.py) the values
    themselves, because its outputs are what the watch gets.
    """

    def __init__(self, config: StudentConfig, norm: Normalisation, quantised: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.config, self.norm_statistics, self.quantised = config, norm, quantised
        self.embedding = keras.layers.Embedding(config.symbols, config.phoneme_channels)
        self.phoneme_net, self.frame_net = PhonemeNet(config, quantised), FrameNet(config, quantised)

    def build(self, shapes):
        """Nothing here: the layers make their own variables when they are first called."""

    def _embedded(self, ids):
        return self.embedding(ops.maximum(ids, 0)) * ops.cast(ops.not_equal(ids, OUTSIDE), "float32")[..., None]

    def call(self, inputs, training=False):
        c = self.config
        ids, owner = inputs["ids"], inputs["owner"]
        hidden, duration = self.phoneme_net(self._embedded(ids), training=training)
        rows = ops.take_along_axis(hidden, ops.maximum(owner, 0)[..., None], axis=1)
        rows = ops.concatenate([rows, inputs["position"]], -1) * ops.cast(owner != OUTSIDE, "float32")[..., None]
        rows = self.frame_net.rows_quant(rows) if self.quantised else rows
        prosody = self.frame_net.prosody(rows, training=training)
        own = ops.stop_gradient(self.frame_net.own(prosody))
        fed = inputs["teacher_prosody"] * inputs["prosody"] + (1.0 - inputs["teacher_prosody"]) * own
        heads = self.frame_net.decode(crop(rows, c.prosody_context), fed, training=training)
        return {"duration": duration, "prosody": prosody, **heads}

    def durations(self, ids):
        """ids int [B, N + 2*context] (OUTSIDE before and after) -> natural log of the durations in frames, NumPy [B, N]."""
        return ops.convert_to_numpy(self.phoneme_net(self._embedded(ids))[1])

    def parts(self, y, p) -> dict:
        """Targets and predictions -> {part: scalar loss}."""
        def mean(values, weight):
            return ops.sum(values * weight) / (ops.sum(weight * ops.ones_like(values)) + 1e-6)

        mask, voiced = y["mask"][..., None], y["voiced"][..., None]
        spectrum, widths, stats = ops.cast(y["spectrum"], "float32"), self.config.heads, self.norm_statistics
        log = {name: ops.clip(spectrum[:, :, PART[name], :widths[name]], *HEAD_RANGES[name]) for name in LOG_HEADS if name in widths}
        amplitude = {name: ops.exp(0.5 * value) for name, value in log.items()}     # compressed, as the ear does

        def log_error(name):
            mean, std = (side[name][:widths[name]] for side in (stats.mean, stats.std))
            if self.quantised:
                return ops.abs(p[name] - log[name]) / std
            return ops.abs(p[name] - (log[name] - mean) / std)

        turn, phase = spectrum[:, :, PART["rotation"], :widths["rotation"]], spectrum[:, :, PART["free_phase"]]
        free_error = (p["free_cos"] - ops.cos(phase)) ** 2 + (p["free_sin"] - ops.sin(phase)) ** 2
        pm, pt, pp = y["prosody_mask"], y["prosody"], p["prosody"]
        logit = pp[..., 1]
        noise = {"noise": mean(log_error("noise"), mask)} if "noise" in widths else {}
        return {
            "duration": mean((p["duration"] - y["duration"]) ** 2, y["phoneme_mask"]),
            "pitch": mean(ops.abs(pp[..., 0] - pt[..., 0]), pm * (0.1 + 0.9 * pt[..., 1])),
            "voicing": mean(ops.softplus(logit) - logit * pt[..., 1], pm),
            "energy": mean(ops.abs(pp[..., 2] - pt[..., 2]), pm),
            "harmonic": mean(log_error("harmonic"), voiced * (SILENT + amplitude["harmonic"])),
            "rotation": mean(ops.abs(p["rotation"] - turn), voiced * amplitude["harmonic"]),
            "free": mean(log_error("free"), mask * (SILENT + amplitude["free"])),
            "free_phase": mean(free_error, mask * amplitude["free"]),
            **noise,
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        parts = self.parts(y, y_pred)
        return sum(WEIGHTS[name] * value for name, value in parts.items())


class _Schedule(keras.callbacks.Callback):
    """Learning rate by the share of the time budget that is used, a checkpoint and a log line an epoch."""

    def __init__(self, folder: Path, minutes: float, peak: float, probe, spent: float, report):
        super().__init__()
        self.folder, self.budget, self.peak, self.probe, self.report = folder, minutes * 60, peak, probe, report
        self.spent, self.began = spent, time.monotonic()

    def _used(self) -> float:
        return self.spent + time.monotonic() - self.began

    def on_epoch_begin(self, epoch, logs=None):
        share = min(1.0, self._used() / self.budget)
        warm = min(1.0, (epoch + 1) / 5)
        self.model.optimizer.learning_rate = self.peak * warm * max(0.002, 0.5 * (1 + np.cos(np.pi * share)))

    def on_epoch_end(self, epoch, logs=None):
        if not np.isfinite(logs["loss"]):
            raise DistillError(f"{self.folder}: the loss became {logs['loss']} in epoch {epoch}; lower --learning-rate")
        state = {"epoch": epoch + 1, "seconds": self._used(), "loss": logs["loss"]}
        if epoch % 5 == 4:
            x, y = self.probe
            parts = self.model.parts(y, self.model(x, training=False))
            state["parts"] = {name: round(float(value), 4) for name, value in parts.items()}
        partial = self.folder / "partial.weights.h5"
        self.model.save_weights(partial)
        os.replace(partial, self.folder / "student.weights.h5")
        (self.folder / "state.json").write_text(json.dumps(state))
        self.report(state)
        if self._used() >= self.budget:
            self.model.stop_training = True


def train(model: Student, features: Features, folder: Path, minutes: float, resume: bool = False,
          seed: int = 1, peak: float = 2e-3, shape: BatchShape = BatchShape(), teacher_prosody: float = 0.7,
          report=print) -> Student:
    """Train for `minutes` of wall clock in all (a resumed run counts what it already used), cosine learning rate.

    Writes `student.weights.h5` and `state.json` into `folder` after every epoch of 100 steps. `teacher_prosody` is the
    share of stretches whose decoder gets the teacher's pitch, voicing and energy instead of the student's own.
    """
    config, norm = model.config, model.norm_statistics
    model.compile(optimizer=keras.optimizers.AdamW(peak, weight_decay=1e-4, clipnorm=1.0, beta_2=0.98), jit_compile=True)
    state = {"epoch": 0, "seconds": 0.0}
    if resume and (folder / "state.json").is_file():
        state = json.loads((folder / "state.json").read_text())
        model.optimizer.build(model.trainable_variables)    # so that its moments are loaded too
        model.load_weights(folder / "student.weights.h5")
    folder.mkdir(parents=True, exist_ok=True)
    batches = Batches(features, config, norm, shape, STEPS_AN_EPOCH, seed, teacher_prosody,
                      first_epoch=state["epoch"])
    probe = Batches(features, config, norm, BatchShape(64, shape.frames, shape.phonemes), 1, seed + 1)[0]
    schedule = _Schedule(folder, minutes, peak, probe, state["seconds"], report)
    if state["seconds"] < minutes * 60:
        model.fit(batches, initial_epoch=state["epoch"], epochs=1_000_000, shuffle=False, callbacks=[schedule], verbose=0)
    return model


def build(config: StudentConfig, norm: Normalisation, shape: BatchShape = BatchShape(), quantised: bool = False) -> Student:
    """An untrained student whose variables exist."""
    c = config
    keras.utils.set_random_seed(1)
    model = Student(c, norm, quantised)
    frames = shape.frames + 2 * c.frame_context
    model({"ids": np.zeros((1, shape.phonemes + 2 * c.phoneme_context), np.int32), "owner": np.zeros((1, frames), np.int32),
           "position": np.zeros((1, frames, 2), np.float32),
           "prosody": np.zeros((1, shape.frames + 2 * c.decoder_context, 3), np.float32),
           "teacher_prosody": np.ones((1, 1, 1), np.float32)})
    return model
