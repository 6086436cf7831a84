"""Test how an evaluation is shown: as an HTML page, as JSON and as a table."""

import base64
import io
import os
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from tests.support.judged import scored
from tests.support.paths import TINY
from ticktalk.bundled import voice_folder
from ticktalk.converter.judging.evaluate import Evaluation, System
from ticktalk.converter.judging.speakers import VoiceSpeaker
from ticktalk.runtime_sim.voice import load_voice

pytest.importorskip("librosa", reason="pip install 'ticktalk[evaluate]'")
soundfile = pytest.importorskip("soundfile", reason="pip install 'ticktalk[evaluate]'")


@pytest.fixture(scope="module")
def heart():
    return VoiceSpeaker(load_voice(voice_folder("heart")))


class Page(HTMLParser):
    """Collect the tags and texts of an HTML page."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def evaluation(heart):
    """Return an evaluation of real speech with invented scores. The second system is also the first one's teacher."""
    sentences = ["Stay.", "Run <b>& jump</b>.", "Stop."]
    other = VoiceSpeaker(load_voice(TINY))
    for speaker in (heart, other):
        for sentence in sentences:
            speaker.say(sentence)
    numbers = [(0, 4.0), (3, 4.4), (0, 2.0)]
    first = [scored(text, errors, distillmos=mos, mcd=2.0) for text, (errors, mos) in zip(sentences, numbers)]
    return Evaluation(
        sentences,
        [System(heart, first, other), System(other, [scored(text) for text in sentences], None)],
        {"openai": "there is no key"},
    )


def test_the_page(evaluation, tmp_path):
    pytest.importorskip("matplotlib")
    from ticktalk.converter.judging.page import write_page

    file = tmp_path / "page.html"
    write_page(evaluation, file, "heart & others")
    assert os.listdir(tmp_path) == ["page.html"]
    text = file.read_text()
    page = Page(text)
    # The page loads no external resources, and the worst sentence comes first.
    assert not re.search(r"""(src|href)=["'](?!data:)|url\(|@import""", text)
    headings = re.findall("<h2>(.*)</h2>", text)
    assert headings == ["Run &lt;b&gt;&amp; jump&lt;/b&gt;.", "Stop.", "Stay."]
    assert not page.all("b") and "heart & others" in page.texts
    # There is a player and a picture for each sentence and system, in the page's order. The players contain the audio
    # that was scored.
    players, pictures = page.all("audio"), page.all("img")
    assert len(players) == len(pictures) == 6
    speakers = [system.speaker for system in evaluation.systems]
    for number, (player, picture) in enumerate(zip(players, pictures)):
        speech = speakers[number % 2].said[["Run <b>& jump</b>.", "Stop.", "Stay."][number // 2]]
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(player["src"].partition(",")[2])), dtype="int16")
        assert rate == speech.rate and np.array_equal(samples, (speech.audio * 32768).astype(np.int16))
        assert base64.b64decode(picture["src"].partition(",")[2])[8:12] == b"WEBP"
    assert len({picture["src"] for picture in pictures}) == 6
    # The page shows scores with their intervals, misheard words, and the systems that were not evaluated.
    assert "10.00\n" in text and "[0.00, 30.00]" in text and "heard: Run &lt;b&gt;" in text
    assert "openai was not evaluated: there is no key" in text


def test_a_teacher_is_seen_beside_without_being_scored(evaluation, tmp_path):
    from ticktalk.converter.judging.page import write_page

    evaluation.systems.pop()
    write_page(evaluation, tmp_path / "page.html", "alone")
    page = Page((tmp_path / "page.html").read_text())
    assert len(page.all("audio")) == 6 and len(page.all("article")) == 3
    assert [row["data-wer"] for row in page.all("article")] == ["30.0", "0.0", "0.0"]


def test_as_json(evaluation):
    found = evaluation.as_dict()
    first, second = found["systems"]
    assert first["measures"]["wer"] == {"value": 10.0, "low": 0.0, "high": 30.0, "unit": "%"}
    assert [each["sentence"] for each in first["sentences"]] == ["Run <b>& jump</b>.", "Stop.", "Stay."]
    assert (first["teacher"], second["teacher"]) == ("tiny", None) and "mcd" not in second["measures"]
    means = evaluation.systems[0].means
    assert means["sentences"] == 3 and means["seconds"] > 1 and means["real_time_factor"] > 0


def test_as_a_table(evaluation, capsys):
    from ticktalk.commands.support.evaluation_table import tables

    tables(evaluation)
    shown = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if line.startswith("│")]
    assert [row[0] for row in rows] == ["heart", "", "tiny", ""]
    assert rows[0][1] == "10.00" and rows[1][1] == "0.00 to 30.00" and rows[0][-1] == "2.00" and rows[2][-1] == "-"
    assert "said   Run <b>& jump</b>.\nheard  Run" in shown and "said   Stay." not in shown
