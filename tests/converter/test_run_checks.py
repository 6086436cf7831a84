"""Test that runs that cannot end well are refused before they record, hear or train anything, and delete nothing."""

import os
import shutil
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.speech_server import speech, wav
from ticktalk.bundled import voice_folder
from ticktalk.commands.training.adapt import adapt as command
from ticktalk.converter import adapt as adapting
from ticktalk.converter.adapt import adapt, background
from ticktalk.converter.distill import distill
from ticktalk.converter.errors import DistillError
from ticktalk.converter.export.voice_folder import check_out, ledger_of
from ticktalk.converter.lessons import _sentences_used, level_of
from ticktalk.converter.storage.run_folder import OPTIONS, keep_options, work_folder
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.converter.teachers.catalogue import find_card
from ticktalk.converter.teachers.teacher import Recording
from ticktalk.runtime_sim.voice import load_voice

pytest.importorskip("keras", reason="pip install 'ticktalk[convert]'")

TEXTS = ["It is seven thirty.", "Turn left here.", "Battery low.", "Well done!"]
espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="apt install espeak-ng")


@pytest.fixture(scope="module")
def heart():
    return load_voice(voice_folder("heart"))


@pytest.fixture
def recordings(tmp_path, monkeypatch):
    """Return a folder of recordings in the current folder."""
    monkeypatch.chdir(tmp_path)
    folder = Path("clips")
    (folder / "wavs").mkdir(parents=True)
    (folder / "metadata.csv").write_text("".join(f"{number}|{text}\n" for number, text in enumerate(TEXTS)))
    for number, text in enumerate(TEXTS):
        (folder / "wavs" / f"{number}.wav").write_bytes(wav(speech(text, 22050), 22050))
    return folder


def unloaded(language: str) -> None:
    raise AssertionError("Whisper was loaded")


@espeak
@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"steps": 150}, "--steps 150: must be a multiple of 100"),
        ({"steps": 10**400}, "--steps .*to 100000000"),
        ({"minutes": float("nan")}, "--minutes nan: must be above 0"),
        ({"learning_rate": 0.0}, "--learning-rate 0.0: must be above 0"),
        ({"out": Path("clips")}, "clips: exists, but is not a voice"),
        ({"out": Path("clips/metadata.csv/v")}, "metadata.csv is not a folder; choose another path"),
        ({"out": Path("build/adapt/v")}, "build/adapt/v: the run keeps its own files in build/adapt/v"),
        ({"out": Path("build/adapt")}, "build/adapt: the run keeps its own files in build/adapt/adapt"),
        ({"recordings": Path("build/adapt/v/clips/old")}, "is in build/adapt/v, where the run replaces files"),
        ({"beside": ["x=espeak-ng", "x=espeak-ng"]}, "two speakers are named 'x'; .*NAME=espeak-ng"),
        ({"beside": ["own=espeak-ng"]}, "two speakers are named 'own'"),
        ({"beside": ["x=espeak-ng"] * 16}, "17 teachers, but a voice has at most 16"),
    ],
)
def test_adapt_refuses_before_it_loads_whisper(options, match, recordings, heart):
    old = Path("build/adapt/v/clips/old")
    shutil.copytree(recordings, old)
    given = {"recordings": recordings, "out": Path("v"), "steps": None if "minutes" in options else 200} | options
    with pytest.raises(DistillError, match=match):
        adapt(heart, consent="Yes", licence="CC0-1.0", hearing=unloaded, **given)
    assert len(list((old / "wavs").iterdir())) == len(TEXTS)


@espeak
def test_adapt_looks_for_damage_and_bills_before_it_loads_whisper(recordings, heart, monkeypatch):
    given = {"consent": "Yes", "licence": "CC0-1.0", "hearing": unloaded}
    with pytest.raises(AssertionError, match="Whisper was loaded"):  # nothing is wrong
        adapt(heart, recordings, Path("v"), **given)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    with pytest.raises(DistillError, match="openai: 200 sentences, .*to pay and record, run .*adapt/w/nova/corpus"):
        adapt(heart, recordings, Path("w"), beside=["openai:nova"], **given)
    corpus = Path("build/adapt/w/x/corpus")
    corpus.mkdir(parents=True)
    (corpus / "mine.wav").touch()
    with pytest.raises(DistillError, match="x/corpus: neither empty nor a corpus"):
        adapt(heart, recordings, Path("w"), beside=["x=espeak-ng"], **given)
    monkeypatch.setenv("KERAS_DISTRIBUTION_NUM_PROCESSES", "2")
    with pytest.raises(DistillError, match="KERAS_DISTRIBUTION_NUM_PROCESSES=2: adapting requires a single process"):
        adapt(heart, recordings, Path("w"), **given)
    monkeypatch.delenv("KERAS_DISTRIBUTION_NUM_PROCESSES")
    monkeypatch.setitem(heart.manifest, "training", {})
    with pytest.raises(DistillError, match="voice.toml: training.student lacks "):
        adapt(heart, recordings, Path("w"), **given)


def test_the_command_refuses_before_it_loads_whisper(recordings, monkeypatch):
    monkeypatch.setattr(adapting, "whisper", unloaded)
    given = {"start": "heart", "recordings": recordings, "out": Path("v"), "consent": "Yes", "licence": "CC0-1.0"}
    with pytest.raises(DistillError, match="--steps 150"):
        command(**given, steps=150)
    with pytest.raises(AssertionError, match="Whisper was loaded"):
        command(**given, steps=200)


@pytest.mark.parametrize("name", ["a:b", "a\nb", os.fsdecode(b"a\xff")])
def test_any_name_of_a_voice_suits_its_work_folder(name, recordings, heart, monkeypatch):
    """The card of the clips names their folder, and is itself named as a teacher."""
    passed = []
    monkeypatch.setattr(adapting, "distill", lambda teacher, *_, **rest: passed.append(teacher))
    monkeypatch.setattr(adapting, "problem", lambda *_: None)
    adapt(heart, recordings, Path(name), "Yes", "CC0-1.0")
    card = find_card(passed[0])
    assert Path(passed[0]).parent == Path("build/adapt/a_b" if len(name) == 3 else "build/adapt/a_")
    assert sorted(file.name for file in Path(card.voice, "wavs").iterdir()) == [f"{n}.wav" for n in range(len(TEXTS))]
    assert card.settings == {"consent": "Yes"} and card.licence == "CC0-1.0"


def test_adapt_resumes_only_with_the_same_recordings_licence_and_consent(recordings, heart, monkeypatch):
    monkeypatch.setattr(adapting, "distill", lambda *_, **rest: None)
    monkeypatch.setattr(adapting, "problem", lambda *_: None)
    given = {"start": heart, "recordings": recordings, "out": Path("v"), "consent": "Yes", "licence": "CC0-1.0"}
    adapt(**given)
    adapt(**given, resume=True)
    for changed in ({"consent": "No"}, {"licence": "MIT"}):
        option = f"--{next(iter(changed))}"
        with pytest.raises(DistillError, match=f"{OPTIONS}: the run to resume had {option} '.*same {option}, or"):
            adapt(**given | changed, resume=True)
    first = next(recordings.rglob("0.wav"))
    kept = first.read_bytes()
    first.write_bytes(kept[:-2])
    with pytest.raises(DistillError, match="had files in --recordings 'sha256 .*the same files in --recordings, or"):
        adapt(**given, resume=True)
    first.write_bytes(kept)
    (recordings / "metadata.csv").write_text("0|Something else.\n")
    with pytest.raises(DistillError, match="had --recordings 'metadata.csv"):
        adapt(**given, resume=True)


def test_a_run_records_the_options_that_its_voice_depends_on(tmp_path):
    work = tmp_path / "work"
    keep_options(work, {"--teacher": ["a", "b"], "--from": None}, False)
    keep_options(work, {"--teacher": ["a", "b"], "--corpus": "x"}, True)
    with pytest.raises(DistillError, match=r"had --teacher \['a', 'b'\], not \['b', 'a'\]; specify the same"):
        keep_options(work, {"--teacher": ["b", "a"]}, True)
    with pytest.raises(DistillError, match="had --from None, not 'heart"):
        keep_options(work, {"--from": "heart 1"}, True)
    keep_options(work, {"--teacher": ["b", "a"]}, False)
    for damage, why in (("[", "cannot be read"), ("[]", "is not a table"), ("\0", "cannot be read")):
        (work / OPTIONS).write_text(damage)
        with pytest.raises(DistillError, match=f"{OPTIONS}: {why}.*delete .*work and train again"):
            keep_options(work, {}, True)
    (work / OPTIONS).unlink()
    keep_options(work, {"--teacher": []}, True)  # started by an older version


@espeak
def test_a_resumed_run_does_not_change_its_teacher_or_its_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        Path(f"{name}.txt").write_text(f"Turn {name} here.\n")

    def interrupted(*_, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ticktalk.converter.progress.plan.make_plan", interrupted)
    given = {"teacher": "espeak-ng", "corpus": Path("one.txt"), "out": Path("v"), "steps": 200, "config": "pico"}
    for more in ({}, {"resume": True}):
        with pytest.raises(KeyboardInterrupt):
            distill(**given | more)
    for option, changed in {
        "--teacher": {"teacher": "espeak-ng:en-gb"},
        "--corpus": {"corpus": Path("two.txt")},
        "--size": {"config": "nano"},
        "--from": {"start": load_voice(voice_folder("heart-pico")), "config": None},
    }.items():
        with pytest.raises(DistillError, match=f"the run to resume had {option} "):
            distill(**given | changed, resume=True)


def test_a_resumed_run_does_not_change_its_recordings(recordings, tmp_path, monkeypatch):
    def interrupted(*_, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ticktalk.converter.progress.plan.make_plan", interrupted)
    given = {"teacher": f"folder:{recordings}", "corpus": None, "out": tmp_path / "v", "work": tmp_path / "work"}
    for more in ({}, {"resume": True}):
        with pytest.raises(KeyboardInterrupt):
            distill(**given | more)
    (recordings / "wavs" / "0.wav").write_bytes((recordings / "wavs" / "1.wav").read_bytes())
    with pytest.raises(DistillError, match="the run to resume had recordings of --teacher "):
        distill(**given, resume=True)


def test_a_text_that_no_teacher_would_speak_is_refused(recordings, tmp_path):
    (tmp_path / "mine.txt").write_text("Hello.\n")
    done = ticktalk(
        "distill", "--teacher", f"folder:{tmp_path}/clips", "--corpus", tmp_path / "mine.txt", "--out", "v",
        cache=tmp_path,
    )  # fmt: skip
    assert_refused(done, 11, "mine.txt", "has its own sentences; omit --corpus")


def test_a_voice_cannot_be_written_around_its_run(tmp_path, monkeypatch):
    """The folder would no longer be empty at the end."""
    monkeypatch.chdir(tmp_path)
    assert work_folder("distill", Path(".")) == Path("build", "distill", tmp_path.name)
    with pytest.raises(DistillError, match=r"^\.: the run keeps its own files in build"):
        check_out(Path("."), work_folder("distill", Path(".")))
    check_out(Path("v"), work_folder("distill", Path("v")))
    assert not list(tmp_path.iterdir())
    assert ledger_of(Path("."), {"": {}})["name"] == tmp_path.name
    with pytest.raises(DistillError, match="/proc/v: cannot be written: .*choose a path"):
        check_out(Path("/proc/v"), Path("work"))


def test_a_full_disk_and_a_wrong_path_have_different_remedies():
    assert "free some space" in str(cannot_write(Path("f"), OSError(28, "No space left on device")))
    assert "choose a path" in str(cannot_write(Path("f"), OSError(20, "Not a directory")))


@pytest.mark.parametrize("used", ["-1", "0", "1e400", "true", '"3"', "[3]"])
def test_a_damaged_count_of_sentences_is_named(used, tmp_path):
    (tmp_path / "sentences.json").write_text(f'{{"sentences": {used}}}')
    with pytest.raises(DistillError, match="sentences.json: cannot be read"):
        _sentences_used(tmp_path)


@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_recordings_without_a_loudness_are_refused(seconds):
    pytest.importorskip("pyloudnorm", reason="pip install 'ticktalk[evaluate]'")
    with pytest.raises(DistillError, match=f"the {seconds} s of a speaker's first recordings are too short or too"):
        level_of([np.zeros(round(16000 * seconds), np.int16)], 16000)


def test_a_clip_shorter_than_a_window_has_a_background():
    assert background(Recording(np.ones(9, np.float32), 16000)) == 0


@pytest.mark.parametrize("student", [5, {"student": 5}, {"student": {"channels": "x"}}, {"student": {"blocks": -1}}])
def test_a_voice_with_damaged_sizes_is_not_started_from(student, heart, monkeypatch):
    from ticktalk.converter.training.start import check_decoder, sizes

    with pytest.raises(DistillError, match="its expansion are 400, but 256|--decoder-from heart: its "):
        check_decoder(sizes(load_voice(voice_folder("heart-nano"))), heart)
    training = heart.manifest["training"]
    if isinstance(student, dict) and isinstance(student["student"], dict):
        student = {"student": training["student"] | student["student"]}
    monkeypatch.setitem(heart.manifest, "training", student)
    with pytest.raises(DistillError, match="voice.toml: training.student"):
        sizes(heart)


@espeak
def test_a_start_needs_utterances_to_hold_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("two.txt").write_text("Turn left here.\nBattery low.\n")
    start = load_voice(voice_folder("heart-pico"))
    with pytest.raises(DistillError, match="build/distill/v: every speaker needs at least 4 utterances"):
        distill("espeak-ng", Path("two.txt"), Path("v"), steps=200, start=start, workers=1)
