"""Parts of test_speakers.py that need Keras, for the process of its fixture `running` (tests/support/students.py)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.support.minimal_training import features
from tests.support.students import EPOCH, batch, distil, tiny
from ticktalk.bundled import voice_folder
from ticktalk.converter.lessons import Lesson
from ticktalk.converter.teachers.catalogue import make_teacher
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.speech import Speaker, frame_rows, phoneme_rows
from ticktalk.runtime_sim.voice import load_voice

if TYPE_CHECKING:
    from ticktalk.converter.training.regression import Student

NAMES = ("low", "high")
MEANS = np.log([110.0, 200.0])  # pitch of the speakers


def two_sets():
    """Return the features of two speakers, whose utterances differ only in their mean pitch."""
    from ticktalk.converter.storage.shards import together

    parts = []
    for mean in MEANS:
        made = features()
        for frames in made.frames:
            frames[:, 0] = mean + 0.1 * (frames[:, 0] - 0.8)
        parts.append(made)
    return together(parts)


def quantised() -> Student:
    """Return an untrained quantised student with two random speakers and known ranges."""
    from ticktalk.converter.export.quantise import calibrate, fold
    from ticktalk.converter.training.batches import normalisation
    from ticktalk.converter.training.regression import build

    given = two_sets()
    student = build(tiny(speakers=2), normalisation(given), batch())
    chance = np.random.default_rng(4)
    for layer in (student.speaker_embedding, student.speaker_hidden):
        layer.set_weights([chance.normal(0, 0.7, layer.get_weights()[0].shape)])
    folded = fold(student, batch())
    calibrate(folded, given, batches=1)
    return folded


def parted() -> dict[str, float]:
    """Return the largest difference of each output between a float student's second speaker and that speaker alone,
    relative to the output's largest value."""
    from keras import ops

    from ticktalk.converter.training.batches import Batches, normalisation
    from ticktalk.converter.training.regression import build
    from ticktalk.converter.training.start import alone

    given, chance = two_sets(), np.random.default_rng(4)
    student = build(tiny(speakers=2), normalisation(given), batch())
    for weight in student.weights:
        if "moving" in weight.path or "gamma" in weight.path:
            weight.assign(chance.uniform(0.5, 1.5, weight.shape))
    for layer in (student.speaker_embedding, student.speaker_hidden):
        layer.set_weights([chance.normal(0, 0.7, layer.get_weights()[0].shape)])
    own = alone(student, 1, batch())
    x, _ = Batches(given, student.config, student.norm_statistics, batch(), 1, 1)[0]
    x["speaker"] = np.ones_like(x["speaker"])
    both = student(x), own({name: value for name, value in x.items() if name != "speaker"})
    pitch = abs(own.norm_statistics.mean_pitch(0) - student.norm_statistics.mean_pitch(1))
    pairs = {name: [ops.convert_to_numpy(each[name]) for each in both] for name in both[0]}
    return {"pitch": float(pitch)} | {
        name: float(np.abs(one - other).max() / np.abs(one).max()) for name, (one, other) in pairs.items()
    }


def exported(folder: Path) -> dict[str, bool]:
    """Export a voice with two speakers to `folder`, and compare the simulator with the student.

    Returns whether each stage is the same, by speaker.
    """
    from keras import ops

    from ticktalk.converter.export.deploy import deploy
    from ticktalk.converter.export.voice_folder import write_voice
    from ticktalk.converter.training.regression import _added

    student = quantised()
    graphs = deploy(student, 16, 32)
    lessons = [Lesson(name, "hibari", make_teacher("hibari"), [], "none", folder) for name in NAMES]
    write_voice(folder, student, *graphs, (16, 32), 1.0, lessons, {"student": student.config.to_dict()})
    voice, context = load_voice(folder), student.config.phoneme_context
    speaker, ids = Speaker(voice), np.random.default_rng(1).integers(1, 170, 30)
    same = {}
    for number, name in enumerate(NAMES):
        padded = np.pad(ids, context, constant_values=-1)[None]
        embedded = student.phoneme_net.input_quant(student._embedded(padded, np.array([[number]])))
        own = phoneme_rows(voice, ids, number)
        outside = np.full((context, own.shape[1]), graphs[0].input[1])
        same[f"{name}: embedded"] = steps(embedded, graphs[0].input) == np.concatenate([outside, own, outside]).tolist()
        spoken = speaker.rows("phoneme", own)
        scale, zero = graphs[0].outputs["hidden"]
        hidden = (spoken["hidden"].astype(np.float32) - zero) * np.float32(scale)
        quantiser = student.frame_net.rows_quant
        mixed = quantiser(_added(hidden[None], student.speaker_hidden(np.array([[number]])), quantiser))
        rows = frame_rows(voice.tables, spoken["hidden"], np.arange(1, 1 + len(ids)), number)
        same[f"{name}: hidden"] = steps(mixed, graphs[1].input) == rows[:, : hidden.shape[1]].tolist()
        predicted = student.phoneme_net(student._embedded(padded, np.array([[number]])))[0]
        apart = np.abs(ops.convert_to_numpy(predicted)[0] - hidden)
        same[f"{name}: network"] = float(apart.max() / scale) < 1.5
        middle = voice.tables["pitch"][voice.mean_pitch + voice.tables["speaker_pitch"][number]]
        error = np.log(middle / 2**32 * 16000) - student.norm_statistics.mean_pitch(number)
        same[f"{name}: mean pitch"] = abs(error) <= graphs[1].outputs["pitch"][0] * student.norm_statistics.std["pitch"]
    one, other = (speaker.speak(ids.tolist(), prosody=Prosody(speaker=number)) for number in range(2))
    return same | {"different": not np.array_equal(one, other)}


def started(folder: Path) -> dict[str, list[float]]:
    """Start students from the voice in `folder`, and return the differences between their vectors and the voice's.

    One student has the speakers `other` and `high`, and one has a single speaker.
    """
    from ticktalk.converter.training.batches import normalisation
    from ticktalk.converter.training.regression import build
    from ticktalk.converter.training.start import sizes, start_from

    voice, given = load_voice(folder), two_sets()
    norm, symbols = normalisation(given), make_teacher("hibari").symbols
    scales = [voice.graphs[name].tensors[voice.graphs[name].inputs[0]] for name in ("phoneme", "frame")]
    tables = [voice.tables[name] for name in ("speaker_embedding", "speaker_hidden")]
    own = [table * tensor.scale for table, tensor in zip(tables, scales)]
    several = build(sizes(voice), norm, batch())
    start_from(several, voice, symbols, given, batch(), ("other", "high"))
    layers = several.speaker_embedding, several.speaker_hidden
    single = build(replace(sizes(voice), speakers=0), norm, batch())
    start_from(single, voice, symbols, replace(given, speakers=[]), batch())
    row = symbols["a"]
    return {
        "other": [float(np.abs(layer.get_weights()[0][0]).max()) for layer in layers],
        "high": [float(np.abs(layer.get_weights()[0][1] - mine[1]).max()) for layer, mine in zip(layers, own)],
        "single": [
            float(
                np.abs(
                    single.embedding.get_weights()[0][row] - several.embedding.get_weights()[0][row] - own[0][0]
                ).max()
            )
        ],
    }


def started_with_a_decoder() -> tuple[list[str], dict[str, bool]]:
    """Start a student from heart-nano with the decoder of dora.

    Returns the heads that stay random, and whether each layer has the weights of the right voice.
    """
    from ticktalk.converter.training.batches import normalisation
    from ticktalk.converter.training.regression import build
    from ticktalk.converter.training.start import _convolutions, sizes, start_from

    heart, dora = (load_voice(voice_folder(name)) for name in ("heart-nano", "dora"))
    given, config = two_sets(), sizes(heart).for_recordings()
    student = build(config, normalisation(given), batch())
    new = start_from(student, heart, make_teacher("hibari").symbols, given, batch(), decoder=dora)
    (own, heads), (other, other_heads) = (_convolutions(voice, "frame") for voice in (heart, dora))
    net, decoder = student.frame_net, 1 + 3 * config.prosody_blocks
    pairs = {
        "prosody": (net.prosody_in, own[0]),
        "pitch": (net.prosody_heads["pitch"], heads["pitch"]),
        "decoder": (net.decoder_in, other[decoder]),
        "last block": (net.blocks[-1].down, other[-1]),
        "rotation": (net.heads["rotation"], other_heads["rotation"]),
    }
    return new, {name: np.array_equal(layer.kernel, kernel) for name, (layer, (kernel, _)) in pairs.items()}


def taught(folder: Path, texts: list[str], beside: bool = False, **arguments) -> list[str]:
    """Distil two voices of espeak-ng into one, in a few float steps, and return the output lines.

    beside: train the second one along with the first, and leave it out.
    """
    (folder / "corpus.txt").write_text("\n".join(texts) + "\n")
    first, second = "espeak-ng:en-us+m3", "high=espeak-ng:en-us+f3"
    return distil(
        first if beside else [first, second],
        beside=[second] if beside else [],
        corpus=folder / "corpus.txt",
        out=folder / "both",
        steps=2 * EPOCH,
        work=folder / "work",
        workers=1,
        quantisation_aware=False,
        **arguments,
    )


def steps(values, parameters: tuple[float, int]) -> list[list[int]]:
    """Return the int8 values of real values [1, T, C], which must be on the grid."""
    scale, zero = parameters
    found = np.asarray(values)[0].astype(np.float64) / scale
    assert np.abs(found - np.rint(found)).max() < 1e-2
    return (np.rint(found).astype(int) + zero).tolist()
