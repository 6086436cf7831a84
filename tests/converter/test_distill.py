"""Test the converter: the corpus, the features, and the whole pipeline with a tiny student and a few training steps."""

import json
import multiprocessing
import os
import subprocess
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from shutil import which

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

from tests.support import speech_server
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError
from ticktalk.runtime_sim.speech import ids_of, speak
from ticktalk.runtime_sim.voice import load_voice

pytest.importorskip("keras", reason="pip install 'ticktalk[convert]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[convert]'")

from ticktalk.converter.distill import distill
from ticktalk.converter.export import voice_folder
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.converter.storage import shards
from ticktalk.converter.teachers.catalogue import make_teacher
from ticktalk.converter.training import batches
from ticktalk.converter.training.batches import BatchShape
from ticktalk.converter.training.fake_quant import fake_quant_weights, nudged
from ticktalk.converter.training.student import StudentConfig

SENTENCES = [
    "It is seven thirty.",
    "Turn left here.",
    "Battery low.",
    "Well done!",
    "Shall I call Anna?",
    "Rain at noon, stay dry.",
]
TINY = StudentConfig(
    phoneme_channels=16,
    phoneme_expansion=16,
    phoneme_blocks=1,
    prosody_channels=8,
    prosody_expansion=8,
    prosody_blocks=1,
    channels=16,
    expansion=16,
    blocks=1,
)
ENVELOPED = replace(TINY, harmonic_share=0.125, envelope=4)
SHAPE = BatchShape(size=2, frames=16, phonemes=24)


def in_a_process(function, **arguments):
    """Run `function` in its own process and return its result.

    Running a student on JAX makes tflite-runtime's interpreter crash in the same process, where other tests use it.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, **arguments).result()


@pytest.fixture(scope="module")
def running():
    """Return a function that runs another function in a process shared by the tests of the student's parts.

    The process imports Keras and compiles each operation only once.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda function, **arguments: pool.submit(function, **arguments).result()


def distil(teacher: str = "hibari", config: StudentConfig = TINY, **arguments) -> list[str]:
    told: list[str] = []
    distill(teacher, report=told.append, config=config, shape=SHAPE, judge=False, **arguments)
    return told


@pytest.fixture(scope="module")
def distilled(tmp_path_factory):
    """Return (folder, output lines) of a voice distilled in a few steps with two workers."""
    folder = tmp_path_factory.mktemp("distil")
    (folder / "corpus.txt").write_text("\n".join(SENTENCES) + "\n")
    return folder, in_a_process(
        distil, corpus=folder / "corpus.txt", out=folder / "tiny", steps=200, work=folder / "work", workers=2
    )


def test_a_distilled_voice_loads_and_speaks(distilled):
    folder, told = distilled
    voice = load_voice(folder / "tiny")
    pcm = speak(voice, ids_of(voice, "tˈɜɹn lˈɛft"))
    assert len(pcm) % voice.manifest["hop"] == 0 and np.abs(pcm.astype(int)).max() > 0
    assert any("agree between TFLite Micro and the simulator" in line for line in told)
    assert voice.manifest["teacher"]["licence"] == "Apache-2.0" and voice.manifest["teacher"]["commercial"] is True
    assert voice.manifest["teacher"]["text"].startswith("corpus.txt, SHA-256 ")
    assert voice.manifest["training"]["sentences"] == len(SENTENCES)


def test_resuming_trains_no_more_than_asked_and_gives_the_same_voice(distilled):
    folder, _ = distilled
    before = json.loads((folder / "work" / "int8" / "state.json").read_text())["epoch"]
    first = load_voice(folder / "tiny").hash
    in_a_process(
        distil,
        corpus=folder / "corpus.txt",
        out=folder / "again",
        steps=200,
        resume=True,
        work=folder / "work",
        workers=1,
    )
    assert json.loads((folder / "work" / "int8" / "state.json").read_text())["epoch"] == before
    assert load_voice(folder / "again").hash == first


def test_an_earlier_training_is_not_overwritten(distilled):
    folder, _ = distilled
    with pytest.raises(DistillError, match="--resume"):
        distill(
            "hibari", folder / "corpus.txt", folder / "tiny", minutes=1, work=folder / "work", config=TINY, shape=SHAPE
        )


def test_finished_shards_are_kept_and_broken_ones_made_again(distilled):
    folder, _ = distilled
    shard = folder / "work" / "features" / "0000"
    before = (shard / "spectrum.npy").stat().st_mtime_ns
    shards.synthesise(SENTENCES, make_teacher("hibari"), folder / "work" / "features", 1)
    assert (shard / "spectrum.npy").stat().st_mtime_ns == before
    content = (shard / "spectrum.npy").read_bytes()
    (shard / "index.json").unlink()
    shards.synthesise(SENTENCES, make_teacher("hibari"), folder / "work" / "features", 1)
    assert (shard / "spectrum.npy").read_bytes() == content


@pytest.mark.parametrize("damage", ["truncate", "index", "nan"])
def test_a_corrupted_shard_is_named(distilled, tmp_path, damage):
    import shutil

    folder, _ = distilled
    shard = tmp_path / "0000"
    shutil.copytree(folder / "work" / "features" / "0000", shard)
    if damage == "truncate":
        content = (shard / "frames.npy").read_bytes()
        (shard / "frames.npy").write_bytes(content[: len(content) // 2])
    elif damage == "index":
        (shard / "index.json").write_text("{")
    else:
        frames = np.load(shard / "frames.npy")
        frames[3, 0] = np.nan
        np.save(shard / "frames.npy", frames)
    with pytest.raises(DistillError, match=str(shard)):
        shards.load_features([shard])


def test_an_unknown_teacher_is_refused(tmp_path):
    with pytest.raises(DistillError, match="nobody"):
        make_teacher("nobody")


def test_a_teacher_that_wants_to_be_paid_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("ELEVENLABS_API_KEY", "key")
    with pytest.raises(DistillError, match="elevenlabs: .*ticktalk corpus.*--yes"):
        distill("elevenlabs", out=tmp_path / "v", work=tmp_path / "w")


@pytest.mark.long  # `test_a_voice_is_adapted_to_a_speaker` aligns, decomposes and trains too
@pytest.mark.skipif(not which("espeak-ng"), reason="apt install espeak-ng")
def test_a_teacher_of_audio_alone(tmp_path):
    """Run the whole pipeline with espeak-ng: record, align, decompose, train, and speak with the new voice."""
    (tmp_path / "corpus.txt").write_text("\n".join(SENTENCES) + "\n")
    arguments = {
        "teacher": "espeak-ng",
        "corpus": tmp_path / "corpus.txt",
        "minutes": 0.01,
        "work": tmp_path / "work",
        "workers": 1,
        "quantisation_aware": False,
    }
    told = in_a_process(distil, out=tmp_path / "tiny", **arguments)
    assert any("aligning the phonemes" in line for line in told) and any(
        line.startswith("recordings: 6 utterances") for line in told
    )
    voice = load_voice(tmp_path / "tiny")
    outputs = voice.manifest["graphs"]["frame"]["outputs"]
    assert (
        "noise" in outputs
        and "free" not in outputs
        and voice.width("frame", "harmonic") == 401
        and "free_gain" not in voice.tables
    )
    pcm = speak(voice, ids_of(voice, "tˈɜɹn lˈɛft"))
    assert len(pcm) % 200 == 0 and np.abs(pcm.astype(int)).max() > 0
    assert voice.manifest["teacher"]["name"] == "espeak-ng" and voice.manifest["phonemes"]["phonemizer"] == "hibari"


def adapted(folder) -> tuple[list[str], dict[str, float]]:
    """Adapt the voice in `folder`. Also return the correlations between the voice and a student with the voice's
    weights."""
    from keras import ops

    from ticktalk.converter import adapt, distill
    from ticktalk.converter.training import regression
    from ticktalk.converter.training.start import sizes, start_from
    from ticktalk.runtime_sim.simulator import Simulator

    told: list[str] = []
    start = load_voice(folder / "tiny")
    distill.PATIENCE, regression.STEPS_AN_EPOCH = 1, 25
    adapt.adapt(
        start,
        folder / "clips",
        folder / "mine",
        "Agreed on 29 November 2026",
        "CC0-1.0",
        steps=150,
        learning_rate=0.05,
        work=folder / "adapt",
        workers=1,
        report=told.append,
        shape=SHAPE,
        quantisation_aware=False,
        judge=False,
    )
    features = shards.load_features(sorted((folder / "work" / "features").glob("0*")))
    student = regression.build(sizes(start), batches.normalisation(features), SHAPE)
    assert start_from(student, start, features, SHAPE) == []
    correlations = {}
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
    return told, correlations


@pytest.mark.skipif(not which("espeak-ng"), reason="apt install espeak-ng")
def test_a_voice_is_adapted_to_a_speaker(distilled):
    """The student starts with the weights of the voice, training stops early, and unusable clips are named."""
    folder, _ = distilled
    (folder / "clips" / "wavs").mkdir(parents=True)
    texts = [*SENTENCES, "Call me back at noon.", "This clip is noisy."]
    for number, text in enumerate(texts):
        wav = folder / "clips" / "wavs" / f"c{number}.wav"
        subprocess.run(["espeak-ng", "-w", wav, text], check=True)
    audio, rate = read_wav(wav.read_bytes(), str(wav))
    wav.write_bytes(speech_server.wav(audio + 0.2 * np.random.default_rng(1).standard_normal(len(audio)), rate))
    (folder / "clips" / "metadata.csv").write_text("".join(f"c{n}|{text}\n" for n, text in enumerate(texts)))
    told, correlations = in_a_process(adapted, folder=folder)
    del correlations["duration"]  # not meaningful: there are few phonemes, and the durations are at their limits
    assert set(correlations) >= {"hidden", "harmonic", "rotation", "free", "free_cos", "free_sin", "pitch"}
    assert correlations["hidden"] > 0.99 and min(correlations.values()) > 0.9, correlations
    assert any(line.startswith("left out: c7.wav: noise") for line in told) and "7 clips, 0.1 minutes" in told
    assert "started from tiny, except harmonic, rotation, noise" in told
    epochs = [line for line in told if line.startswith("float: epoch ")]
    assert epochs and all(", held out " in line for line in epochs)
    voice = load_voice(folder / "mine")
    assert (
        voice.manifest["teacher"] | {"consent": "Agreed on 29 November 2026", "licence": "CC0-1.0"}
        == (voice.manifest["teacher"])
    )
    assert voice.manifest["training"]["initialised_from"] == "tiny" and voice.width("frame", "noise") == 401
    assert np.abs(speak(voice, ids_of(voice, "tˈɜɹn lˈɛft")).astype(int)).max() > 0


def listened(geometry: Geometry) -> list[dict[str, float]]:
    """Return the terms of the perceptual loss for a recording's own components.

    There are three variants: unchanged, rotated by 90 degrees and too loud.
    """
    from ticktalk.converter.features.decompose import decompose
    from ticktalk.converter.storage.shards import Features
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
    config = replace(TINY.for_recordings(), geometry=geometry)
    norm = batches.normalisation(features)
    student = Student(config, norm, quantised=True)
    student.listening = True
    _, y = batches.Batches(features, config, norm, SHAPE, 1, 3)[0]
    predicted = {"duration": y["duration"], "prosody": y["prosody"]}
    own = {
        name: np.clip(y["spectrum"][:, :, i].astype(np.float32), *HEAD_RANGES[name])
        for i, name in enumerate(config.heads)
    }
    changed = (own, own | {"rotation": own["rotation"] + 0.5}, own | {"harmonic": own["harmonic"] + 1.0})
    return [{name: float(value) for name, value in student.parts(y, predicted | heads).items()} for heads in changed]


@pytest.mark.parametrize("geometry", [GEOMETRY, Geometry(16000, 160, 640)])
def test_a_student_that_listens(running, geometry):
    right, turned, loud = running(listened, geometry=geometry)
    assert right["harmonic"] == right["rotation"] == right["noise"] == 0
    assert right["wave"] < 0.2 and turned["wave"] > 5 * right["wave"] and loud["wave"] > 5 * right["wave"]
    assert loud["sound"] > 3 * right["sound"] and abs(turned["rotation"] - 0.45) < 0.01


def heard_free_part() -> list[dict[str, float]]:
    """Return the terms of the perceptual loss for a teacher's own free component.

    There are three variants: unchanged, too loud, and with every other frame inverted.
    """
    from ticktalk.converter.storage.shards import Features
    from ticktalk.converter.training.regression import Student

    chance = np.random.default_rng(1)
    spectrum = np.concatenate(
        [chance.normal(-3, 1, (40, 4, 401)), chance.uniform(-np.pi, np.pi, (40, 1, 401))], 1
    ).astype(np.float16)
    frames = np.stack([chance.normal(4.8, 0.1, 40), np.ones(40), chance.normal(0, 1, 40)], 1).astype(np.float32)
    features = Features([np.array([[0, 10], [43, 20], [0, 10]])], [frames], [spectrum])
    norm = batches.normalisation(features)
    student = Student(TINY, norm, quantised=True)
    student.listening = True
    _, y = batches.Batches(features, TINY, norm, SHAPE, 1, 3)[0]
    log, phase = (y["spectrum"][:, :, i].astype(np.float32) for i in (3, 4))
    own = {
        "free": log,
        "free_cos": np.cos(phase),
        "free_sin": np.sin(phase),
        "harmonic": log[..., :101],
        "rotation": phase[..., :101],
    }
    upside_down = np.where(np.arange(SHAPE.frames) % 2, -1, 1)[:, None]
    changed = (own, own | {"free": log + 1}, own | {name: own[name] * upside_down for name in ("free_cos", "free_sin")})
    others = {"duration": y["duration"], "prosody": y["prosody"]}
    return [{name: float(value) for name, value in student.parts(y, others | heads).items()} for heads in changed]


def test_a_student_that_listens_to_its_free_part(running):
    right, loud, turned = running(heard_free_part)
    assert right["sound"] < 1e-6 and right["free_phase"] < 1e-6 and "wave" not in right
    assert loud["sound"] > 1 and turned["sound"] > 0.3 and turned["free"] < 1e-6


def test_expansion_of_durations():
    phoneme, from_start, to_end = batches.expand(np.array([2, 1, 3]))
    assert phoneme.tolist() == [0, 0, 1, 2, 2, 2]
    assert from_start.tolist() == [0, 1, 0, 0, 1, 2]
    assert to_end.tolist() == [1, 0, 0, 2, 1, 0]


@pytest.mark.parametrize("config", [TINY, ENVELOPED])
def test_folding_keeps_what_the_student_computes(running, config):
    """The quantisers only observe ranges here, so the two students differ only in the rounding of their weights."""
    assert running(folding_error, config=config) < 0.05


def folding_error(config: StudentConfig) -> float:
    """Return the maximum difference between the prosody of the folded and the float student.

    The difference is relative to the maximum value of the float student's prosody.
    """
    import keras

    from ticktalk.converter.export.quantise import _quantisers, fold
    from ticktalk.converter.training.regression import build

    bins = dict.fromkeys(("harmonic", "noise", "free"), np.ones(config.geometry.bins))
    norm = batches.Normalisation(
        {"pitch": 0.5, "energy": 0.5} | {k: 0.5 * v for k, v in bins.items()},
        {"pitch": 2.0, "energy": 2.0} | {k: 2.0 * v for k, v in bins.items()},
    )
    student = build(config, norm, SHAPE)
    rng = np.random.default_rng(0)
    for weight in student.weights:  # make the BatchNorm statistics non-trivial
        if "moving" in weight.path or "gamma" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    folded = fold(student, SHAPE)
    for quantiser in _quantisers(folded):
        quantiser.observing = True
    x = rng.standard_normal((1, 16 + 2 * config.frame_context, config.phoneme_channels + 2)).astype(np.float32)
    ours, theirs = (keras.ops.convert_to_numpy(s.frame_net.prosody(x)) for s in (folded, student))
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def sharpened() -> tuple[np.ndarray, np.ndarray]:
    """Return the log magnitudes [T, bins] of a float student's free head before and after sharpening."""
    import keras

    from ticktalk.converter.export.sharpen import sharpen
    from ticktalk.converter.training.regression import build

    bins = dict.fromkeys(("harmonic", "noise", "free"), np.ones(TINY.geometry.bins))
    student = build(TINY, batches.Normalisation(bins, bins), SHAPE)
    head = student.frame_net.heads["free"]
    head.bias.assign(np.random.default_rng(1).standard_normal(TINY.geometry.bins))
    x = np.random.default_rng(0).standard_normal((1, 5, TINY.channels)).astype(np.float32)
    before = keras.ops.convert_to_numpy(head(x))[0]
    sharpen(student)
    return before, keras.ops.convert_to_numpy(head(x))[0]


def test_sharpening_moves_every_bin_away_from_the_mean_of_its_neighbours(running):
    from ticktalk.converter.export.sharpen import AMOUNT, REACH

    before, after = running(sharpened)
    width = 2 * TINY.geometry.bin_at(REACH) + 1
    padded = np.pad(before, ((0, 0), (width // 2, width // 2)), mode="edge")
    means = np.stack([padded[:, k : k + width].mean(1) for k in range(before.shape[1])], 1)
    np.testing.assert_allclose(after, before + AMOUNT * (before - means), atol=1e-4)


def test_weights_lie_on_the_int8_grid():
    kernel = np.random.default_rng(0).standard_normal((3, 8, 5)).astype(np.float32)
    rounded = np.asarray(fake_quant_weights(kernel))
    scale = np.abs(kernel).max((0, 1)) / 127
    steps = rounded / scale
    assert np.abs(steps - np.rint(steps)).max() < 1e-3 and np.abs(rounded - kernel).max() <= scale.max() / 2 + 1e-6


def test_zero_is_on_every_activation_grid():
    assert nudged(-1.0, 1.0)[1] == 0
    assert nudged(0.0, 255.0) == (1.0, -128)
    assert nudged(1.0, 2.0)[1] == -128  # a range that excludes zero is widened to include zero


def test_the_manifest_is_toml_with_the_same_values():
    import tomllib

    manifest = {
        "schema": 1,
        "name": "x",
        "phonemes": {"symbols": {'"': 11, "ˈ": 156}},
        "graphs": {"frame": {"outputs": ["a", "b"]}},
        "teacher": {"commercial": True, "version": "0.2.1"},
        "scores": {"wer": 2.5},
    }
    assert tomllib.loads(voice_folder.manifest_text(manifest)) == manifest
