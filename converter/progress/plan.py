"""The plan of a training run: what each stage will do, and about how long it takes on this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.export.by_ear import SCORE_SHARE, judging_seconds
from ticktalk.converter.geometry import Geometry
from ticktalk.converter.lessons import sentences_made
from ticktalk.converter.progress.run_clock import spoken
from ticktalk.converter.storage.checkpoint import exists, read_state
from ticktalk.converter.training.budgets import Budget, Shares, segments

if TYPE_CHECKING:  # slow to import
    from ticktalk.converter.lessons import Lesson
    from ticktalk.converter.training.batches import BatchShape
    from ticktalk.converter.training.student import StudentConfig

# What takes how long, in multiplications of a large float32 matrix that the machine does meanwhile (`machine_speed`),
# measured on two cores: a step, per multiplication of the student and beyond, for 2,048 frames; rating a sentence with
# DistillMOS; measuring ranges, export and verification; compiling a stage.
COST = {"float": (26.0, 0.0), "int8": (24.0, 22e9), "adversarial": (24.0, 58e9)}
RATING, EXPORT = 5e10, 6e12
COMPILING = {"float": 3e12, "int8": 4e12, "adversarial": 6e12}
MATRIX = 1024  # rows and columns of the matrices that are multiplied to time the machine
TRIALS = 5
SPOKEN = 2  # sentences that a teacher speaks to time it; the first one takes longer
ORDER = ("features", "float", "int8", "adversarial", "export")  # the stages of a run
WORK = {
    "float": "training in float",
    "int8": "quantisation-aware training",
    "adversarial": "quantisation-aware training against discriminators",
}


@dataclass(frozen=True)
class Task:
    """A stage, what it does, and the estimated time in seconds."""

    stage: str
    work: str
    seconds: float


@dataclass(frozen=True)
class Plan:
    """The stages of a run that are still to be done, in order."""

    tasks: list[Task]

    def after(self, stage: str) -> float:
        """Return the estimated seconds of all stages after this one."""
        names = [task.stage for task in self.tasks]
        later = self.tasks[names.index(stage) + 1 :] if stage in names else self.tasks
        return sum(task.seconds for task in later)

    def of(self, stage: str) -> float:
        """Return the estimated seconds of a stage, or 0 if it was finished before."""
        return sum(task.seconds for task in self.tasks if task.stage == stage)

    def lines(self) -> list[str]:
        """Describe the plan, one line per stage."""
        total = f"plan: about {spoken(sum(task.seconds for task in self.tasks))} on this machine"
        return [total, *(f"  {task.stage}: {task.work}, about {spoken(task.seconds)}" for task in self.tasks)]


def machine_speed() -> float:
    """Return how many multiplications of a float32 matrix product this machine does in a second."""
    matrix, best = np.ones((MATRIX, MATRIX), np.float32), float("inf")
    for _ in range(TRIALS):
        began = time.perf_counter()
        matrix @ matrix
        best = min(best, time.perf_counter() - began)
    return MATRIX**3 / best


def step_seconds(stage: str, config: StudentConfig, shape: BatchShape, speed: float) -> float:
    """Estimate the time of a training step in seconds. `speed`: see `machine_speed`."""
    each, more = COST[stage]
    shape = replace(shape, size=segments(stage, shape.size))
    return (each * _multiplications(config, shape) + more * shape.size * shape.frames / 2048) / speed


def _multiplications(c: StudentConfig, shape: BatchShape) -> float:
    """Return the multiplications of both networks for a batch, without the context around its segments."""

    def blocks(count: int, channels: int, expansion: int) -> int:
        return count * channels * (c.taps + 2 * expansion)

    phoneme = blocks(c.phoneme_blocks, c.phoneme_channels, c.phoneme_expansion)
    frame = blocks(c.prosody_blocks, c.prosody_channels, c.prosody_expansion)
    frame += blocks(c.blocks, c.channels, c.expansion) + c.channels * sum(c.heads.values())
    return shape.size * (shape.phonemes * phoneme + shape.frames * frame)


def features_task(
    lessons: Sequence[Lesson], fits: bool, geometry: Geometry, workers: int | None, most: float | None
) -> Task:
    """Return the stage in which the teachers speak, and, without `fits`, their recordings are decomposed.

    Each local teacher speaks two sentences for the estimate, unless all of its features are there. most: the longest
    time in seconds, or None.
    """
    seconds, parts, unknown = 0.0, [], False
    for lesson in lessons:
        missing = len(lesson.sentences) - sentences_made(lesson, len(lessons), geometry, fits)
        each = _seconds_a_sentence(lesson, fits, geometry) if missing else 0.0
        unknown |= each is None
        seconds += missing * (each or 0.0) / (workers or os.cpu_count() or 1)
        who = f"{lesson.teacher.card.name} {lesson.teacher.voice or ''}".strip()
        parts.append(f"{missing} of {len(lesson.sentences)} sentences by {who}")
    work = ", ".join(parts) + ("" if fits else ", recorded and decomposed")
    work += ", at an unknown speed" if unknown else ""
    if most is not None and (unknown or seconds > most):
        seconds, work = most, f"{work}, or as many as there is time for"
    return Task("features", work, seconds)


def _seconds_a_sentence(lesson: Lesson, fits: bool, geometry: Geometry) -> float | None:
    """Return how long one process takes for a sentence, or None if only the teacher itself can show that."""
    from ticktalk.converter.audio.recording_checks import fault, resampled, trimmed
    from ticktalk.converter.features.decompose import decompose

    teacher, seconds = lesson.teacher, 0.0
    if teacher.served:
        return None
    for text in islice(lesson.sentences, SPOKEN):
        began = time.perf_counter()
        try:
            if fits:
                teacher.utterances(text, geometry.bins)
                continue
            kept = [trimmed(recording) for recording in teacher.recordings(text)]
            if not fault(kept, text):
                for recording in kept:
                    decompose(resampled(recording, geometry.rate)[0] / 32768, 1, geometry)
        except (DistillError, MissingToolError):  # reported with the sentence, when it is recorded
            return None
        finally:
            seconds = time.perf_counter() - began
    return seconds


def make_plan(
    features: Task,
    config: StudentConfig,
    shape: BatchShape,
    shares: Shares,
    steps: int | None,
    limit: float | None,
    work: Path,
    judged: int,
    early: bool,
) -> Plan:
    """Return the plan of a run.

    features: its first stage. steps, limit: the steps of all stages, or the seconds of the whole run.
    work: the folder with the checkpoints of an earlier run.
    judged: number of speakers whose sharpening, equaliser and scores are found by ear, or 0. early: the float and int8
    stages may stop early.
    """
    speed = machine_speed()
    last, heard = Task("export", "not scored", EXPORT / speed), judging_seconds(RATING / speed, judged)
    if judged and (limit is None or heard < SCORE_SHARE * limit):
        last = Task("export", "sharpening and equaliser chosen by ear, scored", last.seconds + heard)
    rest = max(0.25 * limit, limit - features.seconds - last.seconds) if limit else 0.0
    tasks = [features]
    for stage, share in shares.of_all().items():
        each = step_seconds(stage, config, shape, speed)
        budget = Budget(share * rest / 60, asked=limit / 60) if limit else shares.steps(steps or 0)[stage]
        compiling = COMPILING[stage] / speed
        seconds = each * budget.steps or max(60 * budget.minutes - compiling, 0.0)
        done = budget.used(read_state(work / stage)) if exists(work / stage) and seconds else 0.0
        seconds *= max(0.0, 1 - done)
        count = f"about {max(100, round(seconds / each, -2)):.0f}" if limit else f"{seconds / each:.0f}"
        early_end = " or until the loss no longer falls" if early and stage != "adversarial" else ""
        if seconds:
            tasks.append(Task(stage, f"{WORK[stage]}, {count} steps{early_end}", seconds + compiling))
    return Plan([*tasks, last])
