"""Parts of the converter's tests that train or run a student on JAX, for the process of `running` in test_distill.py.

In the process of the tests, JAX makes tflite-runtime's interpreter crash. Keras is imported by the functions, because
importing it takes seconds, and each of pytest's processes imports this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np

from ticktalk.converter.geometry import Geometry
from ticktalk.runtime_sim.voice import load_voice

if TYPE_CHECKING:
    from ticktalk.converter.training.batches import BatchShape
    from ticktalk.converter.training.regression import Student
    from ticktalk.converter.training.student import StudentConfig

EPOCH = 25  # steps


def tiny(**changes) -> StudentConfig:
    """Return the sizes of the smallest student that has every kind of layer."""
    from ticktalk.converter.training.student import StudentConfig

    sizes = {f"phoneme_{name}": 16 for name in ("channels", "expansion")} | {"channels": 16, "expansion": 16}
    sizes |= {"prosody_channels": 8, "prosody_expansion": 8}
    return StudentConfig(**sizes, phoneme_blocks=1, prosody_blocks=1, blocks=1, **changes)


def batch() -> BatchShape:
    """Return the shape of the training batches."""
    from ticktalk.converter.training.batches import BatchShape

    return BatchShape(size=2, frames=16, phonemes=24)


def distil(teacher: str = "hibari", **arguments) -> list[str]:
    """Distil a tiny student, with epochs of EPOCH steps, and return the output lines."""
    from ticktalk.converter.distill import distill
    from ticktalk.converter.training import budgets

    told: list[str] = []
    with patch.object(budgets, "STEPS_AN_EPOCH", EPOCH):
        distill(teacher, report=told.append, config=tiny(), shape=batch(), judge=False, **arguments)
    return told


def paid(**arguments) -> list[str]:
    """Distil a paid teacher, with a key."""
    with patch.dict(os.environ, ELEVENLABS_API_KEY="key"):
        return distil("elevenlabs", **arguments)


def adapted(folder) -> list[str]:
    """Adapt the voice in `folder`, and return the output lines."""
    from ticktalk.converter import adapt, distill
    from ticktalk.converter.training import budgets

    told: list[str] = []
    with patch.object(distill, "PATIENCE", 1), patch.object(budgets, "STEPS_AN_EPOCH", EPOCH):
        adapt.adapt(
            load_voice(folder / "tiny"),
            folder / "clips",
            folder / "mine",
            "Agreed on 29 November 2026",
            "CC0-1.0",
            steps=150,
            learning_rate=0.05,
            work=folder / "adapt",
            workers=1,
            report=told.append,
            shape=batch(),
            quantisation_aware=False,
            judge=False,
        )
    return told


def heads_from(voice: str) -> dict[str, int]:
    """Return the widths of the spectral heads of a student that starts from a bundled voice."""
    from ticktalk.bundled import voice_folder
    from ticktalk.converter.training.start import sizes

    return sizes(load_voice(voice_folder(voice))).heads


def sampled() -> tuple[np.ndarray, np.ndarray]:
    """Return the sample of a student with the weights of heart-nano, and hibari's sound of the same sentence."""
    from ticktalk.bundled import voice_folder
    from ticktalk.converter.audio.recording_checks import resampled
    from ticktalk.converter.progress.sample import sample
    from ticktalk.converter.storage.shards import Features
    from ticktalk.converter.teachers.catalogue import make_teacher
    from ticktalk.converter.training import batches, regression
    from ticktalk.converter.training.start import sizes, start_from

    start, teacher, text = load_voice(voice_folder("heart-nano")), make_teacher("hibari"), "Turn left at the bridge."
    (spoken,), (recording,) = teacher.utterances(text), teacher.recordings(text)
    frames = np.stack([spoken.log_f0, spoken.voiced, spoken.energy], 1).astype(np.float32)
    features = Features([np.stack([spoken.ids, spoken.durations], 1)], [frames], [spoken.spectrum])
    student = regression.build(sizes(start), batches.normalisation(features), batch())
    start_from(student, start, start.manifest["phonemes"]["symbols"], features, batch())
    said = sample(student, features)
    return said, resampled(recording)[0][: len(said)]


def started_from(folder) -> dict[str, float]:
    """Return the correlations, by output, between the voice in `folder` and a student with the voice's weights."""
    from keras import ops

    from ticktalk.converter.storage import shards
    from ticktalk.converter.training import batches, regression
    from ticktalk.converter.training.start import sizes, start_from
    from ticktalk.runtime_sim.simulator import Simulator

    start = load_voice(folder / "tiny")
    features = shards.load_features(sorted((folder / "work" / "features").glob("0*")))
    student = regression.build(sizes(start), batches.normalisation(features), batch())
    ids = start.manifest["phonemes"]["symbols"]
    other = dict(zip(ids, reversed(ids.values())))  # another alphabet
    assert start_from(student, start, other, features, batch()) == []
    rows = student.embedding.get_weights()[0][list(other.values())]
    correlations = {
        "embedding": float(np.corrcoef(rows.ravel(), start.tables["embedding"][list(ids.values())].ravel())[0, 1])
    }
    for name, net in (("phoneme", student.phoneme_net), ("frame", student.frame_net)):
        graph = start.graphs[name]
        tensors = [graph.tensors[index] for index in (graph.inputs[0], *graph.outputs)]
        outputs = dict(zip(start.manifest["graphs"][name]["outputs"], tensors[1:]))
        rows = np.random.default_rng(1).integers(-128, 128, tensors[0].shape).astype(np.int8)
        exact = Simulator(graph).run([rows])
        x = (rows[0].astype(np.float32) - tensors[0].zero_point) * tensors[0].scale
        if name == "phoneme":
            values = dict(zip(("hidden", "duration"), net(x)))
        else:
            prosody, c = net.prosody(x), student.config.prosody_context
            values = net.decode(x[:, c:-c], net.own(prosody)) | {"pitch": prosody[..., 0]}
            values["pitch"] = values["pitch"][:, student.config.decoder_context : -student.config.decoder_context]
            mean, std = (side["harmonic"][:101] for side in (student.norm_statistics.mean, student.norm_statistics.std))
            values["harmonic"] = values["harmonic"] * std + mean
        for role, value in values.items():
            pair = ops.convert_to_numpy(value).ravel(), exact[outputs[role].index].ravel()
            correlations[role] = float(np.corrcoef(*pair)[0, 1])
    return correlations


def fitted(folder) -> list[dict[str, float]]:
    """Return the losses on the features in `folder`: of random output layers, of fitted ones, and of biases alone."""
    from keras import ops

    from ticktalk.converter.storage import shards
    from ticktalk.converter.training import batches, regression
    from ticktalk.converter.training.outputs import fit_outputs

    features = shards.load_features(sorted((folder / "work" / "features").glob("0*")))
    student = regression.build(tiny(), batches.normalisation(features), batch())
    many = replace(batch(), size=64)
    x, y = batches.Batches(features, student.config, student.norm_statistics, many, 1, 9, teacher_prosody=1.0)[0]
    heads, losses = student.frame_net.heads, []

    def told() -> None:
        losses.append({name: float(value) for name, value in student.parts(y, student(x, training=False)).items()})

    told()
    fit_outputs(student, list(heads), features, batch())
    told()
    for head in (*heads.values(), *student.frame_net.prosody_heads.values(), student.phoneme_net.duration):
        head.kernel.assign(ops.zeros_like(head.kernel))
    told()
    return losses


def listened(geometry: Geometry) -> list[dict[str, float]]:
    """Return the terms of the perceptual loss for a recording's own components.

    There are three variants: unchanged, rotated by 90 degrees and too loud.
    """
    from ticktalk.converter.features.decompose import decompose
    from ticktalk.converter.storage.shards import Features
    from ticktalk.converter.training import batches
    from ticktalk.converter.training.regression import Student
    from ticktalk.converter.training.student import HEAD_RANGES

    n = np.arange(80 * geometry.hop)
    sound = 0.1 * sum(np.cos(2 * np.pi * 120 / 16000 * k * n) / k for k in range(1, 20))
    parts = decompose(sound, 1, geometry)
    frames = np.stack([np.log(np.maximum(parts.f0, 100)), parts.f0 > 0, parts.energy], 1).astype(np.float32)
    features = Features(
        [np.array([[0, 20], [43, 40], [0, 20]])],
        [frames],
        [parts.spectrum],
        [np.stack([sound, parts.pulses], 1).astype(np.float16)],
    )
    config = replace(tiny().for_recordings(), geometry=geometry)
    norm = batches.normalisation(features)
    student = Student(config, norm, quantised=True)
    student.listening = True
    _, y = batches.Batches(features, config, norm, batch(), 1, 3)[0]
    predicted = {"duration": y["duration"], "prosody": y["prosody"]}
    own = {
        name: np.clip(y["spectrum"][:, :, i].astype(np.float32), *HEAD_RANGES[name])
        for i, name in enumerate(config.heads)
    }
    changed = (own, own | {"rotation": own["rotation"] + 0.5}, own | {"harmonic": own["harmonic"] + 1.0})
    return [{name: float(value) for name, value in student.parts(y, predicted | heads).items()} for heads in changed]


def _of_noise() -> tuple[Student, tuple[dict, dict]]:
    """Return a quantised student that listens, and a batch of random targets with a free component."""
    from ticktalk.converter.storage.shards import Features
    from ticktalk.converter.training import batches
    from ticktalk.converter.training.regression import build

    chance = np.random.default_rng(1)
    spectrum = np.concatenate(
        [chance.normal(-3, 1, (40, 4, 401)), chance.uniform(-np.pi, np.pi, (40, 1, 401))], 1
    ).astype(np.float16)
    frames = np.stack([chance.normal(4.8, 0.1, 40), np.ones(40), chance.normal(0, 1, 40)], 1).astype(np.float32)
    features = Features([np.array([[0, 10], [43, 20], [0, 10]])], [frames], [spectrum])
    norm = batches.normalisation(features)
    student = build(tiny(), norm, batch(), quantised=True)
    student.listening = True
    return student, batches.Batches(features, tiny(), norm, batch(), 1, 3)[0]


def contested() -> tuple[dict[tuple[str, ...], set[str]], list[float]]:
    """Return who changes in a step that minimises some of a contest's losses, and the loss of the discriminators before
    and after some steps in which only they learn.
    """
    import keras

    from ticktalk.converter.export.quantise import observing
    from ticktalk.converter.training import adversary

    student, (x, y) = _of_noise()
    with observing(student):
        student(x, training=False)
    contest, changed = adversary.Contest(student), {}
    both = {"student": student, "discriminators": contest.discriminators}

    def values(owner) -> list[np.ndarray]:
        layers = owner if isinstance(owner, list) else [owner]
        return [np.array(variable) for layer in layers for variable in layer.trainable_variables]

    silent = dict.fromkeys(student.weights_of_parts, 0.0)
    for names in (("deceiving", "matching"), ("judging",)):
        weights = dict.fromkeys(adversary.WEIGHTS, 0.0) | dict.fromkeys(names, 1.0)
        with patch.object(adversary, "WEIGHTS", weights), patch.object(type(student), "weights_of_parts", silent):
            contest.compile(optimizer=keras.optimizers.SGD(0.003))
            before = {who: values(owner) for who, owner in both.items()}
            contest.train_on_batch(x, y)
            changed[names] = {
                who
                for who, owner in both.items()
                if any(not np.array_equal(*pair) for pair in zip(before[who], values(owner)))
            }
            losses = [float(contest.train_on_batch(x, y)) for _ in range(20)]
    return changed, [losses[0], losses[-1]]


def heard_free_part() -> list[dict[str, float]]:
    """Return the terms of the perceptual loss for a teacher's own free component.

    There are three variants: unchanged, too loud, and with every other frame inverted.
    """
    student, (_, y) = _of_noise()
    log, phase = (y["spectrum"][:, :, i].astype(np.float32) for i in (3, 4))
    own = {
        "free": log,
        "free_cos": np.cos(phase),
        "free_sin": np.sin(phase),
        "harmonic": log[..., :101],
        "rotation": phase[..., :101],
    }
    upside_down = np.where(np.arange(batch().frames) % 2, -1, 1)[:, None]
    changed = (own, own | {"free": log + 1}, own | {name: own[name] * upside_down for name in ("free_cos", "free_sin")})
    others = {"duration": y["duration"], "prosody": y["prosody"]}
    return [{name: float(value) for name, value in student.parts(y, others | heads).items()} for heads in changed]


def folding_error(**changes) -> float:
    """Return the maximum difference between the prosody of the folded and the float student of these sizes.

    The difference is relative to the maximum value of the float student's prosody.
    """
    import keras

    from ticktalk.converter.export.quantise import fold, observing
    from ticktalk.converter.training import batches
    from ticktalk.converter.training.regression import build

    config = tiny(**changes)
    bins = dict.fromkeys(("harmonic", "noise", "free"), np.ones(config.geometry.bins))
    norm = batches.Normalisation(
        {"pitch": 0.5, "energy": 0.5} | {k: 0.5 * v for k, v in bins.items()},
        {"pitch": 2.0, "energy": 2.0} | {k: 2.0 * v for k, v in bins.items()},
    )
    student = build(config, norm, batch())
    rng = np.random.default_rng(0)
    for weight in student.weights:  # make the BatchNorm statistics non-trivial
        if "moving" in weight.path or "gamma" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    folded = fold(student, batch())
    x = rng.standard_normal((1, 16 + 2 * config.frame_context, config.phoneme_channels + 2)).astype(np.float32)
    with observing(folded):
        ours, theirs = (keras.ops.convert_to_numpy(s.frame_net.prosody(x)) for s in (folded, student))
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def expanded(durations: np.ndarray) -> list[list[int]]:
    """Return the phoneme, the distance from its start and the distance to its end, for each frame."""
    from ticktalk.converter.training.batches import expand

    return [values.tolist() for values in expand(durations)]


def rounded(kernel: np.ndarray) -> np.ndarray:
    """Return the kernel with its weights rounded for int8."""
    from ticktalk.converter.training.fake_quant import fake_quant_weights

    return np.asarray(fake_quant_weights(kernel))


def grids(*ranges: tuple[float, float]) -> list[tuple[float, int]]:
    """Return the scale and the zero point of the activations of each range."""
    from ticktalk.converter.training.fake_quant import nudged

    return [nudged(*each) for each in ranges]


def sharpened() -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return the log magnitudes [T, bins] of a float student's free head before and after sharpening, and its amount
    and reach."""
    from ticktalk.converter.export.sharpen import REACH, Sharpening, sharpen

    setting = Sharpening()
    before, after = _free_head(lambda student: sharpen(student, setting))
    return before, after, setting.amount, REACH


def equalised(bands: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the log magnitudes [T, bins] of a float student's free head before and after equalising."""
    from ticktalk.converter.export.equalise import equalise

    return _free_head(lambda student: equalise(student, bands))


def _free_head(change: Callable) -> tuple[np.ndarray, np.ndarray]:
    """Return the log magnitudes of a float student's free head before and after `change` of the student."""
    import keras

    from ticktalk.converter.training import batches
    from ticktalk.converter.training.regression import build

    config = tiny()
    bins = dict.fromkeys(("harmonic", "noise", "free"), np.ones(config.geometry.bins))
    student = build(config, batches.Normalisation(bins, bins), batch())
    head = student.frame_net.heads["free"]
    head.bias.assign(np.random.default_rng(1).standard_normal(config.geometry.bins))
    x = np.random.default_rng(0).standard_normal((1, 5, config.channels)).astype(np.float32)
    before = keras.ops.convert_to_numpy(head(x))[0]
    change(student)
    return before, keras.ops.convert_to_numpy(head(x))[0]
