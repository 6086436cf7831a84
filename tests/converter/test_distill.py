"""Test the converter: the corpus, the features, and the whole pipeline with a tiny student and a few training steps."""

import json
import multiprocessing
import os
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

from tests.support import speech_server, students
from tests.support.paths import TINY
from tests.support.sentences import SENTENCES
from ticktalk.bundled import voice_folder
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.distill import distill
from ticktalk.converter.errors import DistillError
from ticktalk.runtime_sim.speech import ids_of, speak
from ticktalk.runtime_sim.voice import load_voice

if find_spec("keras") is None:
    pytest.skip("pip install 'ticktalk[convert]'", allow_module_level=True)
pytest.importorskip("hibari", reason="pip install 'ticktalk[convert]'")

from ticktalk.converter.export.by_ear import Rating, best_sharpening
from ticktalk.converter.export.equalise import NEPER, Bands, Spoken, best_bands
from ticktalk.converter.export.sharpen import Sharpening
from ticktalk.converter.export.toml import manifest_text
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.converter.storage import shards
from ticktalk.converter.teachers.catalogue import make_teacher


@pytest.fixture(scope="module")
def running():
    """Return a function that runs a function of tests/support/students.py in a process shared by these tests.

    The process imports Keras and TensorFlow, and compiles each operation, only once.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda function, *values, **arguments: pool.submit(function, *values, **arguments).result()


@pytest.fixture(scope="module")
def distilled(running, tmp_path_factory):
    """Return (folder, output lines) of a voice distilled in a few steps with two workers."""
    folder = tmp_path_factory.mktemp("distil")
    (folder / "corpus.txt").write_text("\n".join(SENTENCES) + "\n")
    return folder, running(
        students.distil,
        corpus=folder / "corpus.txt",
        out=folder / "tiny",
        steps=3 * students.EPOCH,
        float_share=1 / 3,
        work=folder / "work",
        workers=2,
    )


def test_a_distilled_voice_loads_and_speaks(distilled):
    folder, told = distilled
    voice = load_voice(folder / "tiny")
    pcm = speak(voice, ids_of(voice, "tˈɜɹn lˈɛft"))
    assert len(pcm) % voice.manifest["hop"] == 0 and np.abs(pcm.astype(int)).max() > 0
    assert any("agree between TFLite Micro and the simulator" in line for line in told)
    assert voice.manifest["teacher"]["licence"] == "Apache-2.0" and voice.manifest["teacher"]["commercial"] is True
    assert voice.manifest["teacher"]["text"].startswith("corpus.txt, SHA-256 ")
    training = voice.manifest["training"]
    assert training["sentences"] == len(SENTENCES)
    assert all(training[stage]["epoch"] == 1 for stage in ("float", "int8", "adversarial"))


def test_a_run_tells_its_plan_and_keeps_its_course(distilled):
    folder, told = distilled
    plan = told[told.index(next(line for line in told if line.startswith("plan: about "))) :][1:6]
    assert [line.split(":")[0].strip() for line in plan] == ["features", "float", "int8", "adversarial", "export"]
    assert "6 of 6 sentences by hibari heart" in plan[0] and all(f", {students.EPOCH} steps, " in x for x in plan[1:4])
    frames = json.loads((folder / "work" / "features" / "0000" / "index.json").read_text())["utterances"][0][1]
    samples = sorted((folder / "work" / "samples").iterdir())
    assert [file.name for file in samples] == [f"{stage}-00001.wav" for stage in ("adversarial", "float", "int8")]
    for file in samples:
        audio, rate = read_wav(file.read_bytes(), str(file))
        assert rate == GEOMETRY.rate and len(audio) == frames * GEOMETRY.hop and np.abs(audio).max() > 0
    report = (folder / "work" / "report.html").read_text()
    assert report.count("<audio") == 3 and f"report of the training: {folder / 'work' / 'report.html'}" in told


def test_a_sample_is_what_the_student_would_say(running):
    """The student has the weights of heart-nano, and its sample is compared with the teacher's own sound."""
    said, real = running(students.sampled)
    levels = [
        np.log(np.abs(np.fft.rfft(sound.reshape(-1, GEOMETRY.hop) * np.hanning(GEOMETRY.hop))) + 30)
        for sound in (said, real)
    ]
    correlation = np.corrcoef(levels[0].ravel(), levels[1].ravel())[0, 1]
    assert correlation > 0.8, correlation


def test_the_student_and_the_discriminators_learn_from_their_own_losses(running):
    changed, (before, after) = running(students.contested)
    assert changed == {("deceiving", "matching"): {"student"}, ("judging",): {"discriminators"}}
    assert after < 0.8 * before


def test_resuming_trains_no_more_than_asked_and_gives_the_same_voice(running, distilled):
    folder, _ = distilled
    states = [folder / "work" / stage / "state.json" for stage in ("int8", "adversarial")]
    before = [json.loads(state.read_text())["epoch"] for state in states]
    first = load_voice(folder / "tiny").hash
    running(
        students.distil,
        corpus=folder / "corpus.txt",
        out=folder / "again",
        steps=3 * students.EPOCH,
        float_share=1 / 3,
        resume=True,
        work=folder / "work",
        workers=1,
    )
    assert [json.loads(state.read_text())["epoch"] for state in states] == before
    assert load_voice(folder / "again").hash == first


def test_an_earlier_training_is_not_overwritten(running, distilled):
    folder, _ = distilled
    with pytest.raises(DistillError, match="--resume"):
        running(students.distil, corpus=folder / "corpus.txt", out=folder / "tiny", minutes=1, work=folder / "work")


def test_a_voice_that_starts_from_another_has_its_size(tmp_path):
    with pytest.raises(DistillError, match="--size nano: .*omit --size"):
        distill("hibari", out=tmp_path / "v", config="nano", start=load_voice(voice_folder("heart-nano")))


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


def test_distill_does_not_call_a_paid_teacher(running, tmp_path):
    with pytest.raises(DistillError, match="elevenlabs: .*ticktalk corpus.*--yes"):
        running(students.paid, out=tmp_path / "v", work=tmp_path / "w")


@pytest.mark.long  # test_aligner.py and test_decompose.py test what precedes the training
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="apt install espeak-ng")
def test_a_teacher_that_provides_only_audio(running, tmp_path):
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
    told = running(students.distil, out=tmp_path / "tiny", **arguments)
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


def test_a_student_has_the_heads_of_the_voice_that_it_starts_from(running):
    voice = load_voice(voice_folder("heart-pico"))  # whose harmonics reach half as far as those of the others
    heads = running(students.heads_from, "heart-pico")
    assert heads == {name: voice.width("frame", name) for name in heads} and heads["harmonic"] == 51


def test_a_student_starts_with_the_weights_of_a_voice(running, distilled):
    correlations = running(students.started_from, distilled[0])
    del correlations["duration"]  # not meaningful: there are few phonemes, and the durations are at their limits
    assert set(correlations) >= {"embedding", "hidden", "harmonic", "rotation", "free", "free_cos", "free_sin", "pitch"}
    assert correlations["hidden"] > 0.99 and min(correlations.values()) > 0.9, correlations


def test_outputs_are_fitted_to_the_speaker_before_training(running, distilled):
    """They use the rows of the layers below, so they are better than random ones, and than a constant."""
    random, fitted, constant = running(students.fitted, distilled[0])
    gained = {name: fitted[name] / min(constant[name], random[name]) for name in fitted}
    assert gained.pop("pitch") < 1 and max(gained.values()) < 0.95, gained


@pytest.mark.long  # test_adapt.py tests the clips and when training stops, and the test above what training starts from
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="apt install espeak-ng")
def test_a_voice_is_adapted_to_a_speaker(running, distilled):
    """Training stops early, and unusable clips are named."""
    folder, _ = distilled
    (folder / "clips" / "wavs").mkdir(parents=True)
    texts = [*SENTENCES, "Call me back at noon.", "This clip is noisy."]
    for number, text in enumerate(texts):
        wav = folder / "clips" / "wavs" / f"c{number}.wav"
        subprocess.run(["espeak-ng", "-w", wav, text], check=True)
    audio, rate = read_wav(wav.read_bytes(), str(wav))
    wav.write_bytes(speech_server.wav(audio + 0.2 * np.random.default_rng(1).standard_normal(len(audio)), rate))
    (folder / "clips" / "metadata.csv").write_text("".join(f"c{n}|{text}\n" for n, text in enumerate(texts)))
    told = running(students.adapted, folder=folder)
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


@pytest.mark.parametrize("geometry", [GEOMETRY, pytest.param(Geometry(16000, 160, 640), marks=pytest.mark.long)])
def test_a_student_that_listens(running, geometry):
    right, turned, loud = running(students.listened, geometry=geometry)
    assert right["harmonic"] == right["rotation"] == right["noise"] == 0
    assert right["wave"] < 0.2 and turned["wave"] > 5 * right["wave"] and loud["wave"] > 5 * right["wave"]
    assert loud["sound"] > 3 * right["sound"] and abs(turned["rotation"] - 0.45) < 0.01


def test_a_student_that_listens_to_its_free_part(running):
    right, loud, turned = running(students.heard_free_part)
    assert right["sound"] < 1e-6 and right["free_phase"] < 1e-6 and "wave" not in right
    assert loud["sound"] > 1 and turned["sound"] > 0.3 and turned["free"] < 1e-6


def test_expansion_of_durations(running):
    phoneme, from_start, to_end = running(students.expanded, np.array([2, 1, 3]))
    assert phoneme == [0, 0, 1, 2, 2, 2]
    assert from_start == [0, 1, 0, 0, 1, 2]
    assert to_end == [1, 0, 0, 2, 1, 0]


@pytest.mark.parametrize("sizes", [{}, {"harmonic_share": 0.125, "envelope": 4}], ids=["tiny", "enveloped"])
def test_folding_keeps_what_the_student_computes(running, sizes):
    """The quantisers only observe ranges here, so the two students differ only in the rounding of their weights."""
    assert running(students.folding_error, **sizes) < 0.05


def test_the_sharpening_that_is_rated_highest_is_chosen():
    """A louder noise is tried with the best amount, and small differences do not count."""

    def rated(setting: Sharpening) -> Rating:
        natural = 3.0 + {0.9: 0.3, 1.2: 0.31}.get(setting.amount, 0.0) + (0.1 if setting.louder == 0 else 0.0)
        return Rating(natural)

    told: list[str] = []
    assert best_sharpening(rated, True, told.append) == Sharpening(0.9, 0.0)
    assert told[-1] == "sharpening: amount 0.9, louder -0.4: DistillMOS 3.300"
    assert best_sharpening(rated, False, told.append) == Sharpening(0.9)
    assert best_sharpening(lambda setting: Rating(-setting.amount), True) == Sharpening(0.3)


def test_a_setting_that_costs_words_is_not_chosen():
    """Clarity is only computed of settings that sound more natural: each is a run of Whisper."""
    heard: list[float] = []

    def rated(setting: Sharpening) -> Rating:
        def clarity() -> np.ndarray:
            heard.append(setting.amount)
            return np.full(4, {0.6: -0.4, 0.9: -0.44, 1.2: -0.42}[setting.amount])

        return Rating({0.3: 2.9, 0.6: 3.0, 0.9: 3.3, 1.2: 3.3}[setting.amount], clarity)

    told: list[str] = []
    assert best_sharpening(rated, False, told.append) == Sharpening(1.2)
    assert heard == [0.6, 0.9, 1.2]
    assert "  clarity -0.440, at first -0.400: costs too many words" in told
    assert "  clarity -0.420, at first -0.400" in told


def test_only_clear_losses_count_and_small_ones_add_up():
    """Beyond the standard error of four sentences, 0.01 here, each step loses 0.02 nats since the first one."""
    scatter = np.array([0.02, -0.02, 0.02, -0.02])
    first, *later = (Rating(3 + 0.1 * k, lambda k=k: -0.03 * k * np.ones(4) + scatter * (k > 0)) for k in range(4))
    np.testing.assert_allclose([each.lost(first) for each in (first, *later)], [0, 0.02, 0.05, 0.08])
    assert not later[0].beats(first, first, 0.01, str) and not later[2].beats(later[1], first, 0.01, str)
    louder, noisy = Rating(3.1, lambda: -0.009 * np.ones(4) + scatter), Rating(3.02, lambda: scatter - 0.01)
    assert louder.beats(first, first, 0.01, str) and noisy.beats(first, first, 0.01, str)


def test_sharpening_moves_every_bin_away_from_the_mean_of_its_neighbours(running):
    before, after, amount, reach = running(students.sharpened)
    width = 2 * GEOMETRY.bin_at(reach) + 1
    padded = np.pad(before, ((0, 0), (width // 2, width // 2)), mode="edge")
    means = np.stack([padded[:, k : k + width].mean(1) for k in range(before.shape[1])], 1)
    np.testing.assert_allclose(after, before + amount * (before - means), atol=1e-4)


def test_the_gains_that_are_rated_highest_are_chosen():
    """Every band is moved in large steps and then in small ones. Small differences do not count."""
    wanted = (-4.5, 3.0, 0.0, 0.0, 1.5, 9.0, 0.0)

    def rated(bands: Bands) -> Rating:
        return Rating(4.0 - 0.02 * sum(abs(gain - goal) for gain, goal in zip(bands, wanted)) + 0.002 * bands[2])

    told: list[str] = []
    assert best_bands(rated, told.append) == (-4.5, 3.0, 0.0, 0.0, 1.5, 4.5, 0.0)
    trials = [line for line in told if line.startswith("equaliser")]
    assert trials[0] == "equaliser: 0, 0, 0, 0, 0, 0, 3 dB: DistillMOS 3.580" and len(trials) == len({*trials})


def test_the_equaliser_changes_the_level_of_its_bands(running):
    before, after = running(students.equalised, (3.0, 0.0, 0.0, 0.0, 0.0, 0.0, -6.0))
    hertz = np.arange(GEOMETRY.bins) * GEOMETRY.rate / GEOMETRY.n_fft
    for low, high, gain in ((0, 100, 3.0), (600, 5700, 0.0), (6300, 8001, -6.0)):
        band = (hertz >= low) & (hertz < high)
        np.testing.assert_allclose((after - before)[:, band], gain / NEPER, atol=1e-5)


def test_the_gains_are_rated_on_what_the_voice_says(monkeypatch):
    monkeypatch.setattr("ticktalk.converter.export.equalise.naturalness", lambda: np.std)
    monkeypatch.setattr("ticktalk.converter.export.equalise.prepared", lambda pcm, rate: pcm)  # keeps the level
    spoken = Spoken.of(load_voice(TINY), [(0, "It is seven thirty.")])
    flat, louder = (spoken.rated((gain,) * 7).naturalness for gain in (0.0, 6.0))
    assert 1.8 < louder / flat < 2.1


def test_weights_lie_on_the_int8_grid(running):
    kernel = np.random.default_rng(0).standard_normal((3, 8, 5)).astype(np.float32)
    rounded = running(students.rounded, kernel)
    scale = np.abs(kernel).max((0, 1)) / 127
    steps = rounded / scale
    assert np.abs(steps - np.rint(steps)).max() < 1e-3 and np.abs(rounded - kernel).max() <= scale.max() / 2 + 1e-6


def test_zero_is_on_every_activation_grid(running):
    centred, positive, widened = running(students.grids, (-1.0, 1.0), (0.0, 255.0), (1.0, 2.0))
    assert centred[1] == 0
    assert positive == (1.0, -128)
    assert widened[1] == -128  # a range that excludes zero is widened to include zero


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
    assert tomllib.loads(manifest_text(manifest)) == manifest
