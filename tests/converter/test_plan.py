"""Test the plan of a training run: it counts the features that the run will use, and only those."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import pytest

from tests.support.speech_server import speech, wav
from ticktalk.converter.distill import distill
from ticktalk.converter.features import from_recordings
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.converter.lessons import Lesson, feature_shards, level_of, sentences_made
from ticktalk.converter.progress import plan
from ticktalk.converter.progress.plan import features_task
from ticktalk.converter.progress.run_clock import RunClock
from ticktalk.converter.storage import shard_folder
from ticktalk.converter.teachers.catalogue import make_teacher

pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("onnxruntime", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")

TEXTS = ["It is seven thirty.", "Turn left here.", "Battery low.", "Well done!", "Shall I call Anna?"]
OTHER = Geometry(16000, 160, 640)


def taught(spec: str, work: Path, sentences: list[str]) -> Lesson:
    return Lesson("", spec, make_teacher(spec), sentences, "a test", work)


def checked(lesson: Lesson, fits: bool, geometry: Geometry = GEOMETRY) -> int:
    """Return the number of sentences that the plan counts as made, and check it against those that the run keeps."""
    file = lesson.work / "features"
    before = {index: index.stat().st_mtime_ns for index in file.glob("*/index.json")}
    made = sentences_made(lesson, 1, geometry, fits)
    clock = RunClock(None, lambda line, share: None)
    folders = feature_shards(clock, lesson, (0, 1), 1, lambda line: None, None, geometry, fits, 0)
    counts = {folder: len(group) for folder, group in shard_folder.grouped(lesson.sentences, file)}
    same = [index.parent for index, time in before.items() if index.stat().st_mtime_ns == time]
    assert made == sum(counts[folder] for folder in same if folder in folders)
    assert sentences_made(lesson, 1, geometry, fits) == len(lesson.sentences)
    return made


def redated(lesson: Lesson) -> None:
    """Make the digest of the first shard of features that of other ones."""
    file = lesson.work / "features" / "0000" / "index.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"digest": "0" * 64}))


@pytest.fixture
def folder(tmp_path) -> Callable[[int], str]:
    """Return a function that gives a teacher with this number of recordings. It provides no durations."""

    def written(count: int) -> str:
        path = tmp_path / f"lj{count}"
        path.mkdir()
        for number, text in enumerate(TEXTS[:count]):
            (path / f"{number}.wav").write_bytes(wav(speech(text, 16000), 16000))
        (path / "metadata.csv").write_text("".join(f"{number}|{text}\n" for number, text in enumerate(TEXTS[:count])))
        return f"folder:{path}"

    return written


def test_shards_of_another_version_are_made_again(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_folder, "SENTENCES_A_SHARD", 2)
    lesson = taught(folder(5), tmp_path / "work", TEXTS)
    assert checked(lesson, False) == 0 and checked(lesson, False) == 5
    redated(lesson)
    assert checked(lesson, False) == 3
    monkeypatch.setattr(from_recordings, "DECOMPOSITION", "another version")
    task = features_task([lesson], False, GEOMETRY, 1, None)
    assert task.work.startswith("5 of 5 sentences by folder lj5") and task.seconds > 0
    assert checked(lesson, False) == 0
    assert features_task([lesson], False, GEOMETRY, 1, None).seconds == 0
    with monkeypatch.context() as changed:  # brought to another level, as the speakers of one voice are
        changed.setattr("ticktalk.converter.lessons.level_of", lambda judged, rate: level_of(judged * 20, rate))
        pytest.importorskip("pyloudnorm", reason="pip install 'ticktalk[evaluate]'")
        assert sentences_made(lesson, 2, GEOMETRY, False) == 0 < sentences_made(lesson, 1, GEOMETRY, False)
    assert sentences_made(replace(lesson, sentences=TEXTS[:4]), 1, GEOMETRY, False) == 0  # aligned again
    (lesson.work / "corpus" / "0000" / "index.json").unlink()
    assert sentences_made(lesson, 1, GEOMETRY, False) == 0


def test_recordings_with_durations_are_added_to(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_folder, "SENTENCES_A_SHARD", 1)
    lesson = taught("hibari", tmp_path / "work", TEXTS[:1])
    more = replace(lesson, sentences=TEXTS[:2])
    assert checked(lesson, False) == 0
    assert sentences_made(more, 1, GEOMETRY, False) == 0  # at another level
    monkeypatch.setattr(from_recordings, "JUDGED", 1)
    assert checked(more, False) == 1
    assert sentences_made(replace(lesson, sentences=TEXTS[1:2]), 1, GEOMETRY, False) == 0


def test_features_of_another_teacher_text_or_geometry_are_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_folder, "SENTENCES_A_SHARD", 2)
    lesson = taught("hibari", tmp_path / "work", TEXTS[:3])
    assert checked(lesson, True) == 0 and checked(lesson, True) == 3
    redated(lesson)
    assert checked(lesson, True) == 1
    assert sentences_made(lesson, 1, OTHER, True) == 0
    assert checked(replace(lesson, sentences=[*TEXTS[:2], TEXTS[4]]), True) == 2


@pytest.mark.parametrize("rank", [0, 1])
def test_only_process_0_times_the_teacher_and_tells_the_plan(rank, tmp_path, monkeypatch):
    pytest.importorskip("keras", reason="pip install 'ticktalk[convert]'")
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", str(rank))
    (tmp_path / "text.txt").write_text("\n".join(TEXTS))
    timed, told = [], []

    def seconds(lesson: Lesson, *_: object) -> float:
        timed.append(lesson.spec)
        return 1.0

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(plan, "_seconds_a_sentence", seconds)
    monkeypatch.setattr("ticktalk.converter.distill.feature_shards", stopped)
    with pytest.raises(KeyboardInterrupt):
        distill(
            "hibari", tmp_path / "text.txt", tmp_path / "v", steps=200, config="pico", report=told.append,
            work=tmp_path / "w",
        )  # fmt: skip
    assert timed == ["hibari"] * (rank == 0)
    assert [line.split(":")[0] for line in told if line.startswith(("plan", "  features"))] == (
        ["plan", "  features"] if rank == 0 else []
    )
