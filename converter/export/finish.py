"""Finish a trained student: sharpen it by ear, export it to a voice folder, verify it in TFLite Micro, and score it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.export.by_ear import best_sharpening, heard_of
from ticktalk.converter.export.equalise import FLAT, Bands, Spoken, best_bands, equalise
from ticktalk.converter.export.sharpen import Sharpening, sharpen
from ticktalk.converter.judging.scores import Ear
from ticktalk.converter.languages import language
from ticktalk.runtime_sim.voice import load_voice

if TYPE_CHECKING:  # slow to import
    from ticktalk.converter.export.deploy import DeployedGraph
    from ticktalk.converter.lessons import Lesson
    from ticktalk.converter.storage.shards import Features
    from ticktalk.converter.training.regression import Student
    from ticktalk.runtime_sim.voice import Voice

PHONEME_CHUNK, FRAME_CHUNK = 16, 32


def finish(
    quantised: Student,
    features: Features,
    out: Path,
    lessons: Sequence[Lesson],
    facts: dict,
    report: Callable[[str], None] = print,
    judge: bool = True,
) -> Voice:
    """Write the voice folder `out` for a quantised student, and return the loaded Voice.

    lessons: the teacher and the training text of each speaker. facts: the training's entries in the manifest.
    judge: choose the sharpening (by_ear.py) and the equaliser (equalise.py) by ear, and score the voice on the held-out
    sentences.
    """
    from ticktalk.converter.export.deploy import deploy
    from ticktalk.converter.export.voice_folder import write_voice

    ratio = pace(quantised, features)

    def write(folder: Path, graphs: tuple[DeployedGraph, DeployedGraph], judged: dict[str, dict]) -> Voice:
        phoneme, frame = graphs
        write_voice(folder, quantised, phoneme, frame, (PHONEME_CHUNK, FRAME_CHUNK), ratio, lessons, facts, **judged)
        return load_voice(folder)

    heads = [
        (variable, np.array(variable))
        for head in quantised.frame_net.heads.values()
        for variable in (head.kernel, head.own_bias)
    ]

    @cache
    def deployed(setting: Sharpening, bands: Bands = FLAT) -> tuple[DeployedGraph, DeployedGraph]:
        for variable, value in heads:
            variable.assign(value)
        sharpen(quantised, setting)
        equalise(quantised, bands)
        return deploy(quantised, PHONEME_CHUNK, FRAME_CHUNK)

    @cache
    def spoken(setting: Sharpening) -> Spoken:
        with tempfile.TemporaryDirectory() as folder:
            return Spoken.of(write(Path(folder) / "voice", deployed(setting), {}), heard_of(lessons), ear)

    setting, bands, ear = Sharpening(), FLAT, _ear(lessons, report) if judge else None
    if judge:
        recorded = "free" not in quantised.frame_net.heads
        try:
            setting = best_sharpening(lambda setting: spoken(setting).rated(), recorded, report)
            bands = best_bands(spoken(setting).rated, report)
        except MissingToolError as error:
            report(f"sharpened by default values, not equalised: {error}")
    facts = facts | {"sharpening": asdict(setting), "equaliser": list(bands)}
    graphs = deployed(setting, bands)
    voice = write(out, graphs, {})
    report(check_in_tflm(voice))
    return _judged(voice, lambda judged: write(out, graphs, judged), report) if judge else voice


def _ear(lessons: Sequence[Lesson], report: Callable[[str], None]) -> Ear | None:
    """Return Whisper for the language of the lessons, or None, with a report, if it cannot be used."""
    try:
        return Ear(lessons[0].teacher.language)
    except (DistillError, MissingToolError) as error:
        report(f"sharpened and equalised by DistillMOS alone: {error}")
        return None


def _judged(voice: Voice, write: Callable[[dict[str, dict]], Voice], report: Callable[[str], None]) -> Voice:
    """Write the voice again with the entries `sound` and `scores` of the manifest, and return it.

    Without a judge, report that, and omit what it would have measured. The scores of a voice with several speakers are
    their means, and those of each speaker.
    """
    tag = voice.manifest["language"]
    if language(tag) is None:
        report(f"not scored: no held-out sentences in {tag}; use `ticktalk evaluate --sentences`")
        return voice
    try:
        from ticktalk.converter.corpora.sentences import held_out_sentences
        from ticktalk.converter.judging.comparison import teachers_of
        from ticktalk.converter.judging.evaluate import TOTALS, evaluate
        from ticktalk.converter.judging.loudness import loudness, sound_of
        from ticktalk.converter.judging.speakers import speakers_in

        sentences = held_out_sentences(tag)
        audio = np.concatenate([speaker.say(text).audio for speaker in speakers_in(voice) for text in sentences])
        sound = sound_of(loudness(audio, voice.manifest["sample_rate"]))
        voice = write({"sound": sound})
        speakers = speakers_in(voice)  # as loud as users hear them: the gain changes what Whisper understands
        judged = evaluate(speakers, sentences, teachers_of(speakers, sentences)[0]).systems
    except MissingToolError as error:
        report(f"not scored: {error}")
        return voice
    each = [{key: value for key, value in system.means.items() if key not in TOTALS} for system in judged]
    common = [key for key in each[0] if all(key in scores for scores in each)]
    scores: dict = {key: round(float(np.mean([scores[key] for scores in each])), 3) for key in common}
    if voice.speakers:
        rounded = [{key: round(value, 3) for key, value in scores.items()} for scores in each]
        scores["speakers"] = dict(zip(voice.speakers, rounded))
    report(f"scores: {scores}; loudness: {sound}")
    return write({"scores": scores, "sound": sound})


def pace(quantised: Student, features: Features, utterances: int = 200) -> float:
    """Return the ratio of the true to the predicted total duration of all phonemes.

    The student predicts the mean of log durations, which underestimates durations by this factor.
    """
    from ticktalk.converter.training.batches import OUTSIDE

    context, phonemes = quantised.config.phoneme_context, features.phonemes[:utterances]
    ids = np.full((len(phonemes), max(map(len, phonemes)) + 2 * context), OUTSIDE, np.int32)
    for row, utterance in zip(ids, phonemes):
        row[context : context + len(utterance)] = utterance[:, 0]
    several = quantised.config.speakers
    logs = quantised.durations(ids, np.array(features.speakers[:utterances])[:, None] if several else None)
    true = sum(utterance[:, 1].sum() for utterance in phonemes)
    predicted = sum(np.exp(row[: len(utterance)]).sum() for row, utterance in zip(logs, phonemes))
    return float(true / predicted)


def check_in_tflm(voice: Voice) -> str:
    """Run both graphs in TFLite Micro and in the simulator on seeded random inputs.

    Raises DistillError if any tensor differs.
    """
    from ticktalk.runtime_sim.oracles import tflm
    from ticktalk.runtime_sim.simulator import Simulator

    compared = 0
    for name, graph in voice.graphs.items():
        shape = graph.tensors[graph.inputs[0]].shape
        rows = np.random.default_rng(1).integers(-128, 128, shape).astype(np.int8)
        ours, theirs = Simulator(graph).run([rows]), tflm(voice.models[name]).run([rows])
        for index, tensor in ours.items():
            if not np.array_equal(tensor, theirs[index]):
                raise DistillError(
                    f"{voice.path}/{name}.tflite: tensor {index} ({graph.tensors[index].name}) differs in TFLite Micro"
                )
            compared += 1
    return f"all {compared} tensors of both graphs agree between TFLite Micro and the simulator"
