"""Distil a teacher into a voice: record, extract features, train in float and int8, export, verify and score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.converter.lessons import (
    SYNTHESIS_SHARE,
    Lesson,
    Report,
    check_recordable,
    feature_shards,
    lessons_of,
    use_sentences,
)
from ticktalk.converter.progress.run_clock import RunClock
from ticktalk.converter.run_checks import check_run
from ticktalk.converter.storage.run_folder import keep_options, work_folder
from ticktalk.converter.storage.run_lock import alone_in
from ticktalk.converter.training.backend import use_jax
from ticktalk.converter.training.budgets import Budget, Shares

if TYPE_CHECKING:  # slow to import
    from ticktalk.converter.training.batches import BatchShape
    from ticktalk.converter.training.student import StudentConfig
    from ticktalk.runtime_sim.voice import Voice

FLOAT_SHARE = 0.55  # fraction of the minutes or steps for float training; the rest is for quantisation-aware training
ADVERSARIAL_SHARE = 0.85  # fraction of quantisation-aware training that is adversarial (training/adversary.py)
INT8_RATE = 0.2  # peak learning rate of quantisation-aware training, relative to that of the float student
DEFAULT_MINUTES = 80.0
# Estimated durations of calibration, and of export with verification, as multiples of the time that this machine takes
# to build the student.
RANGE_BUILDS, EXPORT_BUILDS = 2.5, 6.0
HELD_OUT, PATIENCE = 10, 8  # with a start, every tenth utterance is held out; epochs without progress before a stop


def distill(
    teacher: str | Sequence[str] = "hibari",
    corpus: Path | None = None,
    out: Path = Path("voices/voice"),
    minutes: float | None = None,
    resume: bool = False,
    report: Report = print,
    size: int = 6500,
    work: Path | None = None,
    workers: int | None = None,
    config: str | StudentConfig | None = None,
    shape: BatchShape | None = None,
    quantisation_aware: bool = True,
    judge: bool = True,
    cluster: str | None = None,
    steps: int | None = None,
    learning_rate: float | None = None,
    geometry: Geometry = GEOMETRY,
    tick: Callable[[str, float], None] = lambda line, share: None,
    start: Voice | None = None,
    float_share: float = FLOAT_SHARE,
    adversarial_share: float = ADVERSARIAL_SHARE,
    int8_rate: float = INT8_RATE,
    segments: int = 16,
    decoder: Voice | None = None,
    beside: Sequence[str] = (),
) -> Voice | None:
    """Distil `teacher` into the voice folder `out`, and return the loaded Voice.

    teacher: one teacher, or one for each speaker of a voice with several, as TEACHER or NAME=TEACHER. Without a name,
    the speaker is named after the teacher's voice.
    corpus: a text file with one sentence per line; None builds the default corpus of `size` sentences.
    minutes: wall-clock time of the whole run. Fewer sentences are used if synthesising all of them would take too long.
    steps: number of training steps, as an alternative to `minutes`; even an interrupted and resumed run then produces
    the same voice.
    learning_rate: peak learning rate of the float student. Its quantised copy is trained with `int8_rate` times this
    rate.
    float_share: fraction of the training's minutes or steps for the float student.
    adversarial_share: fraction of the rest for adversarial training, the last stage.
    resume: continue from the checkpoints in `work` (default: build/distill/<name>).
    report: called with one line of text at a time.
    tick: called every few seconds with the current activity and the elapsed fraction of the time
    (converter/progress/run_clock.py).
    workers, cluster: the processes or the cluster for synthesis (shard_folder.make_shards).
    config: the student's size, as a name in student.SIZES (default: heart) or a StudentConfig.
    shape: the size of the training batches. Default: `segments` segments of the usual length. Adversarial training has
    at most ADVERSARIAL_SEGMENTS (converter/training/budgets.py).
    start: a voice from whose weights the student starts. Its sizes replace `config`, and training stops early. It may
    speak another language; phonemes that it does not know start from random numbers.
    decoder: a voice of the same size from which the decoder and the spectral heads start instead. For a teacher that
    provides only audio, it should be one that was trained from recordings, whose heads fit.
    beside: teachers of other speakers, who are trained along with that of `teacher` in the float stage, and then left
    out. Their speech shows what minutes of recordings do not.
    judge: choose the sharpening by ear, and score the voice on the held-out sentences, if the required packages are
    installed.

    If a teacher has no internals that match this geometry, its speech is recorded in `work`/corpus, and the recordings
    are decomposed. The int8 student is also trained with a perceptual loss (converter/training/perceptual_loss.py).
    Several processes (converter/training/processes.py) can share one `work` folder, but not several runs
    (converter/storage/run_lock.py). Process 0 synthesises and creates the voice; the others return None. Raises
    DistillError and MissingToolError.
    """
    specs = [teacher, *beside] if isinstance(teacher, str) else list(teacher)
    out = Path(out)
    work = Path(work or work_folder("distill", out))
    check_run(specs, out, work, minutes, steps, learning_rate, resume, config, start, decoder)
    limit = None if steps else 60 * (minutes or DEFAULT_MINUTES)
    with RunClock(limit, tick) as clock, ExitStack() as lock:
        use_jax()
        from ticktalk.converter.storage import checkpoint
        from ticktalk.converter.training import processes

        process = processes.rank()
        lessons = lessons_of(specs, corpus, size, work, resume, report)
        source, several = lessons[0].teacher, len(lessons) > 1
        lock.enter_context(alone_in(work, process))

        # These modules import Keras, which takes seconds, so the checks above come first.
        from ticktalk.converter.export.by_ear import SCORE_SHARE, judging_seconds, rating_seconds
        from ticktalk.converter.export.finish import finish
        from ticktalk.converter.export.quantise import calibrate, fold
        from ticktalk.converter.progress import history
        from ticktalk.converter.progress.plan import Task, features_task, make_plan
        from ticktalk.converter.progress.report import write_report
        from ticktalk.converter.storage.shards import load_features, together
        from ticktalk.converter.training.batches import BatchShape, normalisation
        from ticktalk.converter.training.outputs import fit_outputs
        from ticktalk.converter.training.regression import PEAK, build
        from ticktalk.converter.training.stages import Stages
        from ticktalk.converter.training.start import alone, check_decoder, sizes, start_from
        from ticktalk.converter.training.student import SIZES

        peak = learning_rate or PEAK
        config = config or "heart"
        if isinstance(config, str) and config not in SIZES:
            raise DistillError(f"--size {config}: choose {', '.join(SIZES)}")
        if process == 0:
            keep_options(work, _options(lessons, len(beside), config, start, decoder), resume)
        config, shape = SIZES[config] if isinstance(config, str) else config, shape or BatchShape(size=segments)
        config = sizes(start) if start else replace(config, geometry=geometry)
        if decoder:
            check_decoder(config, decoder)
        config = replace(config, speakers=len(lessons) if several else 0)
        geometry = config.geometry
        if not resume and process == 0:
            history.clear(work)
        fits = not several and source.frames_fit(geometry)
        if not fits:
            if processes.count() > 1:
                raise DistillError(
                    f"teacher {lessons[0].spec}: provides only audio, which requires a single process; "
                    "start one process"
                )
            check_recordable(lessons)
            config = config.for_recordings()
        judge, speakers = judge and process == 0 and _can_judge(), 1 if beside else len(lessons)
        shares = Shares(float_share, adversarial_share, quantisation_aware)
        speaking = Task("features", "computed by process 0", 0.0)
        if process == 0:
            speaking = features_task(lessons, fits, geometry, workers, limit and SYNTHESIS_SHARE * limit)
        plan = make_plan(
            speaking, config, shape, shares, steps, limit, work, speakers if judge else 0, start is not None
        )
        if process == 0:
            for line in plan.lines():
                report(line)
        began, each = clock.elapsed, speaking.seconds / len(lessons)
        folders = []
        for number, lesson in enumerate(lessons):
            later = plan.after(speaking.stage) + each * (len(lessons) - 1 - number)
            part = number, len(lessons)
            folders.append(
                feature_shards(clock, lesson, part, workers, report, cluster, geometry, fits, process, later, each)
            )
        took = {speaking.stage: clock.elapsed - began}
        report(f"teacher features: {sum(map(len, folders))} shards")
        minutes_given = clock.limit and clock.limit / 60
        used = [use_sentences(lesson, mine, minutes_given, report) for lesson, mine in zip(lessons, folders)]
        parts = [load_features(mine, geometry) for mine in folders]
        features = together(parts) if several else parts[0]
        every = min(HELD_OUT, *(len(part.frames) // 2 for part in parts))
        if start and every < 2:
            raise DistillError(
                f"{work}: every speaker needs at least 4 utterances to start from a voice, because some are held out; "
                "specify more sentences"
            )
        norm = normalisation(features)
        processes.join()

        clock.stage("building the student", rest=0.0 if limit else plan.after(speaking.stage))
        began = clock.elapsed
        student, held_out, patience = build(config, norm, shape), None, 0
        build_seconds = clock.elapsed - began
        if start:
            features, held_out = features.held_out(every)
            patience = PATIENCE
            names = [each.name for each in lessons]
            new = start_from(student, start, source.symbols, features, shape, names, decoder)
            if not (resume and checkpoint.exists(work / "float")):  # which has the weights
                fit_outputs(student, new, features, shape)
            report(f"started from {_names(start, decoder)}" + (f", except {', '.join(new)}" if new else ""))
        scores = judging_seconds(rating_seconds(), speakers) if judge else 0.0
        if clock.limit is not None and scores > SCORE_SHARE * clock.limit:
            report(f"not scored: scoring would take about {scores / 60:.0f} min; run `ticktalk evaluate --voice {out}`")
            judge, scores = False, 0.0
        ranges, reserve = RANGE_BUILDS * build_seconds, EXPORT_BUILDS * build_seconds + scores
        if clock.limit is None:
            budget = shares.steps(steps or 0)["float"]
        else:
            # Training gets at least a quarter of the time; with less, the student would learn nothing.
            allowed = max(clock.limit - clock.elapsed - ranges - reserve, clock.limit / 4)
            budget = Budget(allowed * float_share / 60, asked=clock.limit / 60)
        training = Stages(
            clock, work, plan, shares, steps or 0, features, shape, resume, report, held_out, patience, reserve
        )
        training.train_float(student, budget, ranges, peak)
        if beside:
            student, config = alone(student, 0, shape), replace(config, speakers=0)
            features, held_out = parts[0].held_out(every) if start else (parts[0], None)
            training = replace(training, features=features, held_out=held_out)
            own, *others = lessons
            lessons = [replace(own, name="", beside=tuple(other.facts for other in others))]
        clock.stage("measuring ranges", rest=reserve if limit else plan.after("float"))
        quantised = fold(student, shape)
        calibrate(quantised, features)
        stages = []
        if quantisation_aware:
            stages = training.train_quantised(quantised, peak * int8_rate)
        processes.leave()
        if process != 0:
            return None
        clock.stage("export", expected=reserve)
        began = clock.elapsed
        facts = {
            "sentences": used[0] if beside else sum(used),
            "hours": round(sum(map(len, features.frames)) / geometry.frames_a_second / 3600, 2),
            **({"steps": steps} if steps else {"minutes": minutes or DEFAULT_MINUTES}),
            **({"initialised_from": _names(start, decoder)} if start else {}),
            "quantisation": "aware" if stages else "post-training",
            "student": config.to_dict(),
            **{stage: _state(work / stage) for stage in ("float", *stages)},
        }
        voice = finish(quantised, features, out, lessons, facts, report, judge)
        took["export"] = clock.elapsed - began
        try:
            report(f"report of the training: {write_report(work, voice, plan, took)}")
        except OSError as error:  # the voice is complete
            report(f"no report of the training: {error}")
        return voice


def _options(
    lessons: Sequence[Lesson],
    beside: int,
    size: str | StudentConfig,
    start: Voice | None,
    decoder: Voice | None,
) -> dict[str, object]:
    """Return the options that a resumed run must share: they determine what the voice is made of.

    beside: number of the last lessons that are left out of the voice.
    """
    said = [f"{lesson.name}={lesson.teacher.identity}".removeprefix("=") for lesson in lessons]
    files = [hashed for lesson in lessons if (hashed := lesson.teacher.files_hash(lesson.sentences))]
    own = len(lessons) - beside
    return {
        "--teacher": said[:own],
        "--beside": said[own:],
        "--corpus": [lesson.text for lesson in lessons],
        **({"recordings of --teacher": files} if files else {}),
        **({"--size": size} if isinstance(size, str) and not start else {}),
        "--from": start and f"{start.manifest['name']} {start.hash}",
        "--decoder-from": decoder and f"{decoder.manifest['name']} {decoder.hash}",
    }


def _names(start: Voice, decoder: Voice | None) -> str:
    return start.manifest["name"] + (f", decoder from {decoder.manifest['name']}" if decoder else "")


def _can_judge() -> bool:
    return all(find_spec(name) for name in ("faster_whisper", "distillmos", "speechmos", "pyloudnorm"))


def _state(folder: Path) -> dict:
    from ticktalk.converter.storage.checkpoint import read_state

    return {key: value for key, value in read_state(folder).items() if key in ("epoch", "seconds", "loss")}
