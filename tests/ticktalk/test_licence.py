"""Test the licence ledger, from voice.toml to the firmware's banner, and that voices are refused because of the
ledger."""

import re
import shutil

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import TINY
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.export import export_voice
from ticktalk.runtime_sim.errors import LicenceError, VoiceError
from ticktalk.runtime_sim.licence import check_licence
from ticktalk.runtime_sim.voice import load_voice

FORBIDDEN = """[teacher]
name = "voxtral"
voice = "casual_male"
version = "mistralai/Voxtral-4B-TTS-2603"
licence = "CC-BY-NC-4.0"
terms = "https://example.org/terms"
text = "a text for tests"
commercial = false
"""


@pytest.fixture
def voice(tmp_path):
    """Return a function that copies the tiny voice and replaces its [teacher] table."""

    def make(teacher):
        folder = tmp_path / "voices" / "v"
        shutil.copytree(TINY, folder, dirs_exist_ok=True)
        file = folder / "voice.toml"
        file.write_text(re.sub(r"\[teacher\]\n(.+\n)*", "", file.read_text()) + "\n" + teacher)
        return folder

    return make


@pytest.mark.parametrize(
    ("teacher", "key"),
    [
        ('[teacher]\ncommercial = "no"', "'teacher.commercial'"),
        ("[teacher]\nlicence = 3", "'teacher.licence'"),
        ("[[teacher]]\n", "'teacher'"),
    ],
)
def test_a_ledger_with_a_mistake(voice, teacher, key):
    with pytest.raises(VoiceError, match=f"voice.toml: key {key}"):
        load_voice(voice(teacher))


@pytest.mark.parametrize(
    ("commercial", "banner", "notice"),
    [
        ("commercial = false", "commercial=no", "NOT FOR COMMERCIAL USE"),
        ("commercial = true", "commercial=yes", "allows commercial use"),
        ("", "commercial=unknown", "It is not recorded"),
    ],
)
def test_the_firmware_says_it(voice, tmp_path, commercial, banner, notice):
    loaded = load_voice(voice(FORBIDDEN.replace("commercial = false", commercial)))
    project = export_voice(loaded, load_board("qemu-m4"), tmp_path / "project")
    identity = (project / "src" / "device" / "identity.c").read_text()
    assert f'"{banner}\\n"' in identity and '"licence=CC-BY-NC-4.0\\n"' in identity
    told = (project / "NOTICE").read_text()
    assert notice in told
    for fact in (
        "voxtral, voice casual_male, version mistralai/Voxtral-4B-TTS-2603.",
        "CC-BY-NC-4.0",
        "https://example.org/terms",
        "a text for tests",
    ):
        assert fact in told


def test_a_voice_without_a_ledger(voice, tmp_path):
    project = export_voice(load_voice(voice("")), load_board("qemu-m4"), tmp_path / "project")
    assert (
        "licence=unknown" in (project / "src" / "device" / "identity.c").read_text()
        and "teacher unknown" in (project / "NOTICE").read_text()
    )


def test_a_licence_cannot_break_out_of_the_banner(voice, tmp_path):
    with pytest.raises(VoiceError, match="voice.toml: key 'teacher.licence' is .* must be text on one line"):
        load_voice(voice('[teacher]\nlicence = "a\\nvoice=0"\n'))
    loaded = load_voice(voice('[teacher]\nlicence = "a\\"b\\\\n_voice=0"\n'))
    project = export_voice(loaded, load_board("qemu-m4"), tmp_path / "project")
    assert '"licence=a_b_n_voice_0\\n"' in (project / "src" / "device" / "identity.c").read_text()


def test_what_is_said_of_each_kind():
    manifest = {"name": "v", "teacher": {"name": "t", "licence": "L", "terms": "https://x"}}
    assert "it is not recorded" in check_licence(manifest, False) and "not recorded" in check_licence(
        {"name": "v"}, False
    )
    manifest["teacher"]["commercial"] = True
    assert check_licence(manifest, False) is None
    manifest["teacher"]["commercial"] = False
    with pytest.raises(LicenceError, match="v.*t.*L.*https://x.*--accept-noncommercial"):
        check_licence(manifest, False)
    assert "not for commercial use" in check_licence(manifest, True)


def test_export_and_flash_ask(voice, tmp_path):
    folder, out = voice(FORBIDDEN), tmp_path / "project"
    for command in (["export", "-o", out], ["flash"]):
        assert_refused(
            ticktalk(*command, "--board", "qemu-m4", "--voice", folder, cache=tmp_path),
            12,
            "tiny",
            "CC-BY-NC-4.0",
            "--accept-noncommercial",
        )
    assert not out.exists() and not list(tmp_path.rglob("*.flash"))
    done = ticktalk(
        "export", "-o", out, "--board", "qemu-m4", "--voice", folder, "--accept-noncommercial", cache=tmp_path
    )
    assert done.returncode == 0 and (out / "NOTICE").is_file() and "not for commercial use" in done.stderr
    unknown = ticktalk("export", "-o", out, "--board", "qemu-m4", "--voice", TINY, cache=tmp_path)
    assert unknown.returncode == 0 and "it is not recorded" in unknown.stderr


def test_voices_says_it(voice, monkeypatch, capsys):
    from ticktalk import bundled
    from ticktalk.commands import voices

    monkeypatch.setattr(bundled, "HERE", voice(FORBIDDEN).parent)
    voices.voices()
    assert re.search(r"^v .* CC-BY-NC-4.0 +NO$", capsys.readouterr().out, re.M)
