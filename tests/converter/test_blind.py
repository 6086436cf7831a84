"""The listening test of `ticktalk compare --blind`, answered by keyboard in Chromium."""

import base64
import io
import json
import shutil
import wave

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.browser import PROGRAM, Browser
from ticktalk.bundled import voice_folder
from ticktalk.cli import app
from ticktalk.converter.judging.blind import LEVEL, recording, write_blind_page
from ticktalk.converter.judging.speakers import JudgedSpeech, VoiceSpeaker
from ticktalk.runtime_sim.voice import load_voice

HOSTILE = "Stop. </script><script>hurt=1</script>"
SENTENCES = ["It is noon.", HOSTILE]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the file of a listening test that compares heart-nano with a copy of itself under a different name."""
    file = tmp_path_factory.mktemp("blind") / "blind.html"
    voice = load_voice(voice_folder("heart-nano"))
    speakers = [VoiceSpeaker(voice), VoiceSpeaker(voice)]
    speakers[1].name = "<b>other</b>"
    write_blind_page(speakers, SENTENCES, file)
    return file


@pytest.mark.skipif(not shutil.which(PROGRAM), reason=f"needs {PROGRAM}")
def test_a_listener_answers_by_keyboard_and_gets_the_results(page, tmp_path):
    with Browser() as browser:
        tab = browser.open(page.as_uri())
        # Until both recordings have been played, nothing can be chosen. No name is shown.
        tab.press("ArrowLeft")
        assert tab.run("answers.length") == 0
        assert "heart-nano" not in tab.run("document.body.innerText")
        for answer in ("ArrowLeft", "Backspace", "ArrowRight", "ArrowDown"):
            if answer != "Backspace":
                tab.press("1"), tab.press("2")
            tab.press(answer)
        found = tab.run("results()")
        assert tab.run("document.getElementById('end').hidden") is False
        assert tab.run("window.hurt") is None and not tab.requests()[1:]
        cells = tab.run("[...document.querySelectorAll('#totals tr > *')].map(each => each.textContent)")
    chosen, same = found["answers"]
    assert chosen["preferred"] == chosen["second"] and same["preferred"] is None
    assert {chosen["first"], chosen["second"]} == {"heart-nano", "<b>other</b>"} == set(found["systems"])
    assert sorted(each["sentence"] for each in found["answers"]) == sorted(SENTENCES)
    own = chosen["preferred"] == "heart-nano"
    assert cells == ["<b>other</b>", str(int(not own)), "1", str(int(own))]


def test_the_order_is_random_and_reproducible(page, tmp_path):
    voice = load_voice(voice_folder("heart-nano"))
    one, other = VoiceSpeaker(voice), VoiceSpeaker(voice)
    other.name = "<b>other</b>"
    write_blind_page([one, other], SENTENCES, tmp_path / "same.html")
    assert (tmp_path / "same.html").read_bytes() == page.read_bytes()
    firsts = set()
    for seed in range(6):
        write_blind_page([one, other], SENTENCES, tmp_path / "page.html", seed)
        text = (tmp_path / "page.html").read_text()
        data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
        firsts |= {(trial["sentence"], trial["recordings"][0]["system"]) for trial in data["trials"]}
    assert len(firsts) == 4  # some sentences begin with one system, and some with the other


@pytest.mark.parametrize(("gain", "clipped"), [(0.01, False), (0.9, False), (0.001, True)])
def test_all_recordings_are_equally_loud_and_none_clips(gain, clipped):
    audio = np.sin(np.arange(16000) / 5).astype(np.float32) * gain
    if clipped:  # scaling the tone to the target loudness would clip this click
        audio[100] = 1.0
    with wave.open(io.BytesIO(base64.b64decode(recording(JudgedSpeech(audio, 16000))))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        heard = np.frombuffer(file.readframes(20000), "<i2") / 32768
    level = 20 * np.log10(np.sqrt(np.mean(heard**2)))
    assert np.abs(heard).max() < 1.0
    assert level == pytest.approx(LEVEL, abs=0.05) or (clipped and level < LEVEL)


def test_a_blind_page_is_not_scored(tmp_path):
    words = ["compare", "--with", "heart", "--blind", str(tmp_path / "page.html")]
    for extra in ("--json",), ("--html", str(tmp_path / "other.html")):
        result = CliRunner().invoke(app, [*words, *extra])
        assert result.exit_code == 2 and "--blind cannot be combined" in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())
