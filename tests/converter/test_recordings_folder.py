"""Train from a folder of the user's own recordings.

The tests cover missing and low-quality files, silence, and languages other than English.
"""

import json
import shutil

import numpy as np
import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.speech_server import speech, wav
from ticktalk.converter.audio.recording_checks import trimmed
from ticktalk.converter.corpora.recordings import load_recordings, prepare, record
from ticktalk.converter.errors import DistillError
from ticktalk.converter.features import from_recordings
from ticktalk.converter.features.from_recordings import features_of
from ticktalk.converter.storage import shard_folder
from ticktalk.converter.storage.shards import load_features, synthesise
from ticktalk.converter.teachers.catalogue import make_teacher
from ticktalk.converter.teachers.teacher import Recording

pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
SENTENCES = ["It is seven thirty.", "Turn left here.", "Battery low.", "Well done!", "Shall I call Anna?"]
MANY = [f"This is the sentence with the number {number}." for number in range(40)]


def recorded(spec, out, told=None, sentences=SENTENCES):
    record(prepare(str(spec), out), sentences, "a test", out, 1, report=[].append if told is None else told.append)
    return load_recordings(out)


def written(folder, texts, sound=lambda text: wav(speech(text, 22050), 22050)):
    """Write a folder in the LJSpeech layout and return it."""
    (folder / "wavs").mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / "wavs" / f"a{number}.wav").write_bytes(sound(text))
    (folder / "metadata.csv").write_text("".join(f"a{number}|{text}\n" for number, text in enumerate(texts)))
    return folder


def test_one_missing_file_of_many_is_reported_and_skipped(tmp_path):
    lj, told = written(tmp_path / "lj", MANY), []
    (lj / "wavs" / "a7.wav").unlink()
    corpus = recorded(f"folder:{lj}", tmp_path / "c", told=told, sentences=make_teacher(f"folder:{lj}").sentences())
    assert corpus.texts == [text for text in MANY if text != MANY[7]]
    assert told[0] == f"{lj}: wavs/a7.wav: missing, skipped"
    done = ticktalk("corpus", "--teacher", f"folder:{lj}", "-o", tmp_path / "d", "--json", cache=tmp_path)
    assert done.returncode == 0 and "wavs/a7.wav: missing, skipped" in done.stderr
    result = json.loads(done.stdout)
    assert result["utterances"] == 39 and result["remarks"] == [f"{lj}: wavs/a7.wav: missing, skipped"]


def test_many_missing_files_are_an_error_that_counts_them(tmp_path):
    lj = written(tmp_path / "lj", MANY)
    for number in (3, 5, 9):
        (lj / "wavs" / f"a{number}.wav").unlink()
    with pytest.raises(DistillError, match="3 of the 40 listed recordings are missing, including wavs/a3.wav"):
        make_teacher(f"folder:{lj}")
    for number in (3, 5):
        (lj / "wavs" / f"a{number}.wav").write_bytes(wav(speech(MANY[number])))
    assert len(make_teacher(f"folder:{lj}").sentences()) == 39


def test_a_truncated_file_is_left_out_by_name(tmp_path):
    lj, told = written(tmp_path / "lj", MANY), []
    for number, content in ((2, b"RIFF"), (4, b"")):
        (lj / "wavs" / f"a{number}.wav").write_bytes(content)
    corpus = recorded(f"folder:{lj}", tmp_path / "c", told=told, sentences=MANY)
    assert len(corpus.texts) == 38
    assert any("a2.wav: not a WAV" in line for line in told) and any("a4.wav: not a WAV" in line for line in told)


def test_recordings_at_8_khz_are_named_and_used(tmp_path):
    lj, told = written(tmp_path / "lj", SENTENCES, lambda text: wav(speech(text, 8000), 8000)), []
    corpus = recorded(f"folder:{lj}", tmp_path / "c", told=told)
    assert corpus.texts == SENTENCES
    assert "wavs/a0.wav: recorded at 8000 Hz, so the voice will sound dull, with no content above 4 kHz" in told
    assert sum("8000 Hz" in line for line in told) == len(SENTENCES)


def padded(before: float, within: float, after: float, rate: int = 16000) -> np.ndarray:
    """Return three seconds of speech, with quiet hiss before, within and after it.

    `before`, `within` and `after` are in seconds.
    """
    said = np.resize(speech("It is seven thirty and all is well.", rate), 3 * rate)
    hiss = np.random.default_rng(1).standard_normal(9 * rate) * 0.002
    gaps = [hiss[: round(seconds * rate)] for seconds in (before, within, after)]
    return np.concatenate([gaps[0], said[:rate], gaps[1], said[rate:], gaps[2]]).astype(np.float32)


@pytest.mark.parametrize(
    ("gaps", "left"),
    [
        ((0.3, 0.5, 0.3), 4.1),
        ((5.0, 0.0, 0.0), 3.3),
        ((0.0, 0.0, 8.0), 3.3),
        ((0.0, 4.0, 0.0), 3.6),
        ((3.0, 3.0, 3.0), 4.2),
    ],
)
def test_seconds_of_silence_are_cut_out(gaps, left):
    found = trimmed(Recording(padded(*gaps), 16000))
    assert len(found.audio) / 16000 == pytest.approx(left, abs=0.05)
    said = Recording(padded(*gaps), 16000, np.arange(2), np.array([16000, len(padded(*gaps)) - 16000]))
    assert trimmed(said) is said  # trimming would invalidate its durations


def test_a_file_with_seconds_of_silence_is_named_and_trimmed(tmp_path):
    lj, told = written(tmp_path / "lj", SENTENCES), []
    (lj / "wavs" / "a3.wav").write_bytes(
        wav(np.concatenate([speech(SENTENCES[3], 22050), np.zeros(22050 * 20)]), 22050)
    )
    corpus = recorded(f"folder:{lj}", tmp_path / "c", told=told)
    assert corpus.texts == SENTENCES and len(corpus.audio[3]) < 16000 * 2
    assert told == ["wavs/a3.wav: removed 19.7 s of silence"]


# Languages

GERMAN = ["Es ist sieben Uhr dreißig.", "Biegen Sie links ab.", "Der Akku ist fast leer.", "Schöne Grüße von Anna."]
SPANISH = ["Son las siete y media de la tarde.", "Gire a la izquierda en la calle mayor.", "Queda poca bateria."] * 3


@pytest.mark.parametrize("texts", [GERMAN, [f"{text} {number}" for number, text in enumerate(SPANISH)]])
def test_recordings_that_are_not_english_are_refused(tmp_path, texts):
    """Other languages are recognised by letters not used in English, or by the absence of common English words."""
    lj = written(tmp_path / "lj", texts)
    for command in ("corpus", "distill"):
        refused = ticktalk(command, "--teacher", f"folder:{lj}", "-o", tmp_path / "c", cache=tmp_path)
        assert_refused(refused, 11, "does not look like it", "phonemised as English", 'phonemizer = "espeak-ng"')
        assert not (tmp_path / "c").exists()


def test_a_text_that_is_not_english_is_refused_for_an_english_teacher(tmp_path):
    (tmp_path / "text.txt").write_text("\n".join(GERMAN))
    refused = ticktalk(
        "corpus", "--teacher", "hibari", "--corpus", tmp_path / "text.txt", "-o", tmp_path / "c", cache=tmp_path
    )
    assert_refused(refused, 11, "text.txt: would be phonemised as English", "as in 'Es ist sieben")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("language = 'de'", "the phonemizer hibari supports only English"),
        ("language = 'de'\nphonemizer = 'hibari'", "the phonemizer hibari supports only English"),
        ("language = 'de'\nphonemizer = 'goruut'", "must be espeak-ng .* or hibari .English"),
        ("language = 3", "key 'language' is 3, but must be a string"),
        ("voice = 'x'", "unknown key 'voice'; known keys are language, phonemizer"),
        ("language = 'de", "not valid TOML"),
    ],
)
def test_a_language_that_cannot_be_phonemised_is_refused(tmp_path, said, words):
    lj = written(tmp_path / "lj", GERMAN)
    (lj / "recordings.toml").write_text(said)
    with pytest.raises(DistillError, match=words):
        make_teacher(f"folder:{lj}")


@needs_espeak
def test_a_language_that_espeak_does_not_know_is_refused(tmp_path):
    lj = written(tmp_path / "lj", GERMAN)
    (lj / "recordings.toml").write_text("language = 'klingonisch'\nphonemizer = 'espeak-ng'")
    with pytest.raises(DistillError, match="language = 'klingonisch'.*espeak-ng --voices"):
        make_teacher(f"folder:{lj}")


@needs_espeak
@pytest.mark.parametrize("place", ["folder", "card"])
def test_another_language_is_recorded_with_espeaks_phonemes(tmp_path, place):
    lj = written(tmp_path / "lj", GERMAN)
    said = "language = 'de'\nphonemizer = 'espeak-ng'\n"
    if place == "folder":
        (lj / "recordings.toml").write_text(said)
    else:
        (tmp_path / "mine.toml").write_text(f"engine = 'folder'\nvoice = '{lj}'\n{said}")
    spec = f"folder:{lj}" if place == "folder" else tmp_path / "mine.toml"
    done = ticktalk("corpus", "--teacher", spec, "-o", tmp_path / "c", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    corpus = load_recordings(tmp_path / "c")
    assert (corpus.about["language"], corpus.about["phonemizer"]) == ("de", "espeak-ng:de")
    letters = {number: letter for letter, number in corpus.about["symbols"].items()}
    spoken = "".join(letters.get(number, "") for number in corpus.phonemes[3][:, 0])
    assert corpus.texts == GERMAN and spoken.startswith("ʃˈøːnə ɡɾˈyːsə fɔn")
    assert max(letters) < 178 and 0 not in letters


@needs_espeak
def test_espeaks_other_voices_are_in_their_own_phonemes(tmp_path):
    german, english = make_teacher("espeak-ng:de+f2"), make_teacher("espeak-ng")
    assert (german.language, german.phonemizer) == ("de", "espeak-ng:de") and english.phonemizer == "hibari"
    refused = ticktalk("corpus", "--teacher", "espeak-ng:de", "-o", tmp_path / "c", cache=tmp_path)
    default = "there is no default text in de, only in English and Spanish and French; pass --corpus"
    assert_refused(refused, 11, f"espeak-ng:de: {default}")


# Runs with a time limit


def test_a_recording_that_is_stopped_is_a_whole_corpus_and_can_be_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_folder, "SENTENCES_A_SHARD", 2)
    lj, out = written(tmp_path / "lj", SENTENCES), tmp_path / "c"
    teacher, shards = prepare(f"folder:{lj}", out), []
    result = record(
        teacher, SENTENCES, "a test", out, 1, lambda done, total: shards.append(done), enough=lambda: shards[-1] == 2
    )
    assert result["utterances"] == 4 and result["shards"] == 2
    assert load_recordings(out).texts == SENTENCES[:4]
    folders = features_of(out, tmp_path / "f", 1, report=[].append, enough=lambda: True)
    assert folders == [tmp_path / "f" / "0000"] and len(load_features(folders).frames) == 2
    files = [folder / "index.json" for folder in features_of(out, tmp_path / "f", 1)]
    old = [file.stat().st_mtime_ns for file in files]
    features_of(out, tmp_path / "f", 1)
    assert [file.stat().st_mtime_ns for file in files] == old
    monkeypatch.setattr(from_recordings, "DECOMPOSITION", "another version")  # whose shards do not match these
    features_of(out, tmp_path / "f", 1)
    assert all(file.stat().st_mtime_ns > time for file, time in zip(files, old))
    assert record(teacher, SENTENCES, "a test", out, 1)["utterances"] == 5
    assert load_recordings(out).texts == SENTENCES


def test_a_synthesis_that_is_stopped_gives_the_shards_that_there_are(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(shard_folder, "SENTENCES_A_SHARD", 1)
    folders = synthesise(SENTENCES[:3], make_teacher("hibari"), tmp_path, 1, enough=lambda: True)
    assert folders == [tmp_path / "0000"] and len(load_features(folders).frames) == 1


def test_recordings_may_lie_next_to_their_list(tmp_path):
    nested, flat = written(tmp_path / "nested", SENTENCES), written(tmp_path / "flat", SENTENCES)
    for file in (flat / "wavs").iterdir():
        file.rename(flat / file.name)
    (flat / "wavs").rmdir()
    one, other = (make_teacher(f"folder:{folder}") for folder in (nested, flat))
    assert one.sentences() == other.sentences() == SENTENCES
    for text in SENTENCES:
        (here,), (there,) = one.recordings(text), other.recordings(text)
        assert np.array_equal(here.audio, there.audio) and here.source == f"wavs/{there.source}"
