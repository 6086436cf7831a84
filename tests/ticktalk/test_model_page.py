"""Test the page of `ticktalk page --model` in Chromium: runs, files, the microphone, and the proof."""

import io
import shutil

import numpy as np
import pytest

from tests.support.browser import PROGRAM, Browser
from tests.support.tflite_builder import ModelBuilder
from tests.support.wasteful import wasteful
from tests.ticktalk.test_page import check_access
from ticktalk.boards.board import load_board
from ticktalk.page import model as pages
from ticktalk.page.wasm import compile_model
from ticktalk.proof.subject import ModelSubject
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.system.wav import write_wav

HOSTILE = '</script><img src=x onerror="parent.hurt=1"><!--'
SIZE = 2000  # samples of the window

pytestmark = [pytest.mark.skipif(not shutil.which(PROGRAM), reason=f"needs {PROGRAM}")]
pytest.importorskip("ziglang")


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """Return a model that takes a window of sound. The names of its tensors and of its file are hostile to HTML."""
    rng, model = np.random.default_rng(2), ModelBuilder()
    heard = model.tensor((1, SIZE), "int8", 1 / 128, 0, name=HOSTILE)
    weights = model.tensor((8, SIZE), "int8", 0.01, data=rng.integers(-128, 128, (8, SIZE)))
    hidden = model.tensor((1, 8), "int8", 0.5, 3, name=HOSTILE + "hidden")
    model.operator("FULLY_CONNECTED", [heard, weights, -1], [hidden], "FullyConnectedOptions")
    last = model.tensor((5, 8), "int8", 0.01, data=rng.integers(-128, 128, (5, 8)))
    logits = model.tensor((1, 5), "int8", 0.2, 10)
    model.operator("FULLY_CONNECTED", [hidden, last, -1], [logits], "FullyConnectedOptions")
    scores = model.tensor((1, 5), "int8", 1 / 256, -128, name=HOSTILE + "scores")
    model.operator("SOFTMAX", [logits], [scores], "SoftmaxOptions", Beta=1.0)
    path = tmp_path_factory.mktemp("model") / "<img src=x onerror=hurt=1>.tflite"
    path.write_bytes(model.build([heard], [scores, hidden]))
    return ModelSubject(path)


@pytest.fixture(scope="module")
def module(subject):
    return compile_model(subject.path)


@pytest.fixture(scope="module")
def file(subject, module, tmp_path_factory):
    boards = [pages.on_board(subject.path, load_board("pico"))]
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(pages.render(subject, module, pages.records(subject, module), boards), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(file):
    """Return the page. The page must request nothing but itself, and cause no error or warning."""
    with Browser() as browser:
        opened = browser.open(file.as_uri())
        opened.wait("!document.getElementById('prove').disabled")
        yield opened
        assert opened.problems() == []
        assert opened.requests() == [file.as_uri()]
        assert opened.run("window.hurt === undefined && document.querySelector('img') === null")


def ran(page, source="", fill=""):
    """Run the graph on `source` after the script `fill`, and return the second output's numbers, or the problem."""
    page.run(
        "delete document.getElementById('status').dataset.runs; document.getElementById('status').textContent = ''"
    )
    page.run(f"document.getElementById('source-0').value = '{source}'")
    page.run("document.getElementById('source-0').dispatchEvent(new Event('change'))")
    page.run(f"{{ {fill} }} document.querySelector('#form button').click()")
    page.wait("document.getElementById('status').textContent !== ''")
    if page.run("document.getElementById('status').dataset.runs === undefined"):
        return page.run("document.getElementById('status').textContent")
    rows = page.run(
        "[...document.getElementById('output-1').rows].map((row) => [...row.cells].map((c) => +c.textContent))"
    )
    return [number for _, number, *_ in sorted(rows)]


def simulated(subject, values):
    """Return the numbers of the second output for an input."""
    graph = subject.graphs[0]
    found = Simulator(graph).run([np.asarray(values, np.int8).reshape(1, SIZE)])
    return found[graph.outputs[1]].ravel().tolist()


def given(content, name):
    """Return a script that chooses a file with the bytes `content`."""
    return (
        f"const files = new DataTransfer(); files.items.add(new File([new Uint8Array({list(content)})], '{name}'));"
        "document.getElementById('file-0').files = files.files;"
    )


def test_the_check_is_green(page, subject, module):
    page.run("document.getElementById('prove').click()")
    page.wait("document.getElementById('proved').className !== ''")
    told = page.run("document.getElementById('proved').textContent")
    assert told == f"All {3 * (3 + 2)} equal: this browser computes exactly the simulator's tensors."


def test_one_wrong_sum_is_told(page, subject, module, tmp_path):
    recorded = pages.records(subject, module)
    recorded[1]["sums"] |= {next(iter(recorded[1]["sums"])): "0" * 64}
    (tmp_path / "page.html").write_text(pages.render(subject, module, recorded), encoding="utf-8")
    wrong = page._browser.open((tmp_path / "page.html").as_uri())
    wrong.run("document.getElementById('prove').click()")
    wrong.wait("document.getElementById('proved').className === 'bad'")
    assert wrong.run("document.getElementById('proved').textContent") == "1 of 15 DIFFER from the simulator's."


def test_recorded_typed_and_uploaded_values_give_what_the_simulator_computes(page, subject):
    recorded = subject.parts[1][0]
    assert ran(page, "1") == simulated(subject, recorded)
    cells = page.run("[...document.querySelectorAll('[id^=tensor-]')].map((cell) => cell.textContent)")
    assert len(cells) == 3 * 4 and all(cells)
    numbers = "document.getElementById('meant-0').checked = {}; document.getElementById('numbers-0').value = '{}';"
    assert ran(page, "numbers", numbers.format("false", "-7")) == simulated(subject, np.full(SIZE, -7))
    assert ran(page, "numbers", numbers.format("true", "0.5")) == simulated(subject, np.full(SIZE, 64))
    as_npy = io.BytesIO()
    np.save(as_npy, recorded)
    assert ran(page, "file", given(as_npy.getvalue(), "a.npy")) == simulated(subject, recorded)
    as_npy = io.BytesIO()
    np.save(as_npy, recorded.astype(np.float32) / 128)
    assert ran(page, "file", given(as_npy.getvalue(), "a.npy")) == simulated(subject, recorded)
    assert ran(page, "file", given(recorded.tobytes(), "a.bin")) == simulated(subject, recorded)
    as_csv = ",".join(map(str, recorded.ravel() / 128)).encode()
    assert ran(page, "file", given(as_csv, "a.csv")) == simulated(subject, recorded)


def test_a_wav_file_is_cut_to_its_loudest_window(page, subject, tmp_path):
    rng = np.random.default_rng(1)
    loud = rng.integers(-100, 100, SIZE)
    pcm = np.concatenate([np.full(500, 256), loud * 256, np.zeros(700, np.int64)]).astype("<i2")
    write_wav(tmp_path / "a.wav", pcm, 16000)
    assert ran(page, "file", given((tmp_path / "a.wav").read_bytes(), "a.wav")) == simulated(subject, loud)


@pytest.mark.parametrize(
    ("source", "fill", "problem"),
    [
        ("numbers", "document.getElementById('numbers-0').value = '1 2 3'", "needs 2000 numbers, but got 3"),
        ("numbers", "document.getElementById('numbers-0').value = 'one'", "takes only numbers"),
        ("file", given(b"123", "a.bin"), "needs 2000 bytes, but a.bin has 3"),
        ("file", given(b"\x93NUMPY" + bytes(8), "a.npy"), "this NumPy file has no type, or is in Fortran order"),
    ],
)
def test_values_that_do_not_fit_are_refused(page, source, fill, problem):
    assert problem in ran(page, source, fill)


def test_the_microphone_is_heard_until_it_is_stopped(page):
    page.run("document.getElementById('listen').click()")
    page.wait("document.getElementById('status').dataset.windows > 2")
    page.press("Escape")
    assert page.run("document.getElementById('listen').textContent") == "Listen"


def test_axe_finds_no_barrier(page):
    assert isinstance(ran(page, "random"), list)
    check_access(page)


def test_channels_that_nobody_needs_are_not_compared(page, tmp_path):
    path = tmp_path / "wasteful.tflite"
    path.write_bytes(wasteful(13))
    pages.write_model_page(tmp_path / "page.html", path)
    other = page._browser.open((tmp_path / "page.html").as_uri())
    other.run("document.getElementById('prove').click()")
    other.wait("document.getElementById('proved').className !== ''")
    assert other.run("document.getElementById('proved').textContent").startswith("All ")
