"""Test the history of a training run, and the page that is made of it."""

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np

from tests.support.paths import TINY
from ticktalk.converter.progress import history
from ticktalk.converter.progress.plan import Plan, Task
from ticktalk.converter.progress.report import HEIGHT, WIDTH, write_report
from ticktalk.converter.training.budgets import STEPS_AN_EPOCH, Shares, segments
from ticktalk.runtime_sim.voice import load_voice
from ticktalk.system.wav import write_wav

PLAN = Plan([Task("float", "training in float, 300 steps", 90.0), Task("export", "not scored", 60.0)])


class Elements(HTMLParser):
    """The elements of a page, as (tag, attributes), and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.text += " "

    def handle_data(self, data):
        self.text += data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.found if name == tag]


def record(work, losses=(3.0, 2.0, 2.5)):
    for epoch, loss in enumerate(losses, 1):
        history.add(work, "float", {"epoch": epoch, "seconds": 30.0 * epoch, "loss": loss, "held_out": loss + 1})


def test_an_epoch_that_is_trained_again_and_a_line_that_is_cut_off_leave_one_history(tmp_path):
    record(tmp_path)
    history.add(tmp_path, "float", {"epoch": 3, "seconds": 95.0, "loss": 1.0, "parts": {"pitch": 1.0}})
    history.add(tmp_path, "int8", {"epoch": 1, "seconds": 5.0, "loss": 7.0})
    with (tmp_path / history.FILE).open("a") as file:
        file.write('{"stage": "int8", "epo')
    course = history.read(tmp_path)
    assert list(course) == ["float", "int8"] and [epoch["loss"] for epoch in course["float"]] == [3.0, 2.0, 1.0]
    assert "held_out" not in course["float"][2] and course["int8"] == [{"epoch": 1.0, "seconds": 5.0, "loss": 7.0}]
    history.clear(tmp_path)
    assert history.read(tmp_path) == {}


def test_the_page_shows_the_course_and_plays_the_samples(tmp_path):
    record(tmp_path)
    pcm = np.arange(-800, 800, dtype=np.int16)
    files = [history.sample_file(tmp_path, "float", epoch) for epoch in (1, 3)]
    for file in files:
        write_wav(file, pcm, 16_000)
    page = Elements(write_report(tmp_path, load_voice(TINY), PLAN, {"export": 75.0}).read_text())
    loss, held_out = (
        [tuple(map(float, p.split(","))) for p in line["points"].split()] for line in page.all("polyline")
    )
    assert loss[-1][0] == WIDTH and loss[1][1] == HEIGHT and held_out[0][1] == 0  # lowest and highest of both lines
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in loss + held_out)
    sounds = [base64.b64decode(audio["src"].removeprefix("data:audio/wav;base64,")) for audio in page.all("audio")]
    assert sounds == [file.read_bytes() for file in files]
    words = re.sub(r"\s+", " ", page.text)
    assert "float training in float, 300 steps 1:30 min 1:30 min 2.500 export not scored 1:00 min 1:15 min" in words
    assert "float, epoch 1" in words and "float, epoch 3" in words and "float: between 2.000 and 4.000" in words


def test_names_from_outside_are_text(tmp_path):
    voice = load_voice(TINY)
    voice = replace(voice, manifest=voice.manifest | {"name": "<script>alert(1)</script>"})
    page = Elements(write_report(tmp_path, voice, PLAN, {}).read_text())
    assert not page.all("script") and "<script>alert(1)</script>: training report" in page.text


def test_a_resumed_run_shows_what_was_finished_before(tmp_path):
    record(tmp_path)
    page = Elements(write_report(tmp_path, load_voice(TINY), Plan(PLAN.tasks[1:]), {}).read_text())
    assert "finished before this run was resumed" in page.text and "1:30 min" in page.text


def test_every_step_belongs_to_a_stage():
    shares = Shares(0.7, 0.7, True)
    assert abs(sum(shares.of_all().values()) - 1) < 1e-9
    for steps in range(2 * STEPS_AN_EPOCH, 40 * STEPS_AN_EPOCH, STEPS_AN_EPOCH):
        budgets = shares.steps(steps)
        assert sum(budget.steps for budget in budgets.values()) == steps
        assert budgets["int8"].steps >= STEPS_AN_EPOCH
    assert [budget.steps for budget in shares.steps(10_000).values()] == [7000, 900, 2100]
    assert [budget.steps for budget in Shares(1 / 3, 0.85, True).steps(300).values()] == [100, 100, 100]
    assert list(replace(shares, quantised=False).steps(10_000)) == ["float"]


def test_adversarial_batches_are_small_and_shared_by_all_processes():
    assert [segments("float", 16), segments("int8", 16), segments("adversarial", 16)] == [16, 16, 8]
    assert segments("adversarial", 4) == 4
    for processes in (1, 2, 3, 4, 6, 12):
        assert segments("adversarial", 12, processes) % processes == 0
        assert 8 <= segments("adversarial", 12, processes) <= 12


def test_what_is_left_after_a_stage():
    assert PLAN.after("float") == 60.0 and PLAN.after("export") == 0.0
    assert PLAN.after("features") == 150.0  # a stage that was finished before the run was resumed
    assert PLAN.lines()[0] == "plan: about 2:30 min on this machine"
