"""Every failure produces a one-line error and an exit code, and leaves no incomplete output."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT, TINY
from tests.support.tflite_builder import ModelBuilder


@pytest.fixture
def run(tmp_path):
    return lambda *arguments: ticktalk(*arguments, cache=tmp_path / "cache")


@pytest.fixture
def out(tmp_path):
    """Return an output path, and check that nothing was created there."""
    path = tmp_path / "results" / "out"
    path.parent.mkdir()
    yield path
    assert (not path.exists() and not path.parent.exists()) or not list(path.parent.iterdir())


@pytest.fixture
def model(tmp_path):
    """Return a function that writes a .tflite file with one operator, one input and one output."""

    def write(operator, dtype="int8", scale=0.5):
        builder = ModelBuilder()
        here, there = (builder.tensor((1, 4), dtype, scale) for _ in range(2))
        builder.operator(operator, [here], [there])
        path = tmp_path / "model.tflite"
        path.write_bytes(builder.build([here], [there]))
        return path

    return write


@pytest.mark.parametrize("file", ["phoneme.tflite", "frame.tflite", "tables.npz"])
@pytest.mark.parametrize("command", ["simulate", "export"])
def test_a_corrupted_voice(run, tmp_path, out, file, command):
    voice = tmp_path / "voice"
    shutil.copytree(TINY, voice)
    data = bytearray((voice / file).read_bytes())
    data[len(data) // 2] ^= 1
    (voice / file).write_bytes(data)
    arguments = ["simulate", "hello"] if command == "simulate" else ["export", "--board", "qemu-m4"]
    assert_refused(run(*arguments, "--voice", voice, "-o", out), 3, file, "corrupted")


def test_a_list_of_obstacles_is_one_line(run, tmp_path, out):
    builder = ModelBuilder()
    tensors = [builder.tensor((1, 4), "int8", 0.5) for _ in range(3)]
    for operator, here, there in zip(("EXP", "TILE"), tensors, tensors[1:]):
        builder.operator(operator, [here], [there])
    path = tmp_path / "model.tflite"
    path.write_bytes(builder.build(tensors[:1], tensors[2:]))
    done = run("export", "--board", "qemu-m4", "--model", path, "-o", out)
    assert_refused(done, 4, "model.tflite: 2 obstacles: operator 0 (EXP) is ", "; operator 1 (TILE) is ")


def test_a_voice_that_is_not_there(run, tmp_path, out):
    assert_refused(run("simulate", "hello", "--voice", "nobody", "-o", out), 3, "nobody")
    assert_refused(run("simulate", "hello", "--voice", tmp_path / "empty", "-o", out), 3, "empty", "voice.toml")


def test_nothing_to_say(run, out):
    assert_refused(run("simulate", " ", "--voice", TINY, "-o", out), 2, "no text to speak")


@pytest.mark.parametrize(
    "option, value, limits",
    [
        ("--rate", "2.1", "0.5 to 2"),
        ("--pitch", "-13", "-12 to 12"),
        ("--volume", "nan", "0 to 2"),
        ("--expression", "2.01", "0 to 2"),
        ("--speaker", "bob", "it has only one, who has no name"),
    ],
)
def test_a_prosody_out_of_range(run, out, option, value, limits):
    for command in (["simulate"], ["say", "--board", "qemu-m4"]):
        assert_refused(run(*command, "hello", "--voice", TINY, "-o", out, option, value), 2, option[2:], value, limits)


def test_an_unknown_operator(run, model, out):
    assert_refused(run("export", "--board", "qemu-m4", "--model", model("COS"), "-o", out), 4, "model.tflite", "COS")


def test_a_float_model(run, model, out):
    assert_refused(
        run("export", "--board", "qemu-m4", "--model", model("LOGISTIC", "float32", None), "-o", out),
        4,
        "model.tflite",
        "float32",
    )


def test_a_file_that_is_no_model(run, tmp_path, out):
    junk = tmp_path / "junk.tflite"
    junk.write_bytes(b"no model at all, but long enough to look into")
    for command in (["export", "-o", out], ["verify"], ["flash"]):
        assert_refused(run(*command, "--board", "qemu-m4", "--model", junk), 4, "junk.tflite")


def test_a_board_name_with_a_typo(run, out):
    for command in (["export", "-o", out], ["verify"], ["flash"], ["say", "hello", "-o", out], ["virtual"]):
        assert_refused(run(*command, "--board", "qemu-m5"), 5, "qemu-m5", "qemu-m55")


def test_a_board_file_with_a_typo(run, tmp_path, out):
    board = tmp_path / "mine.toml"
    board.write_text(
        (ROOT / "boards" / "catalogue" / "qemu-m4.toml")
        .read_text()
        .replace("qemu-m4", "mine")
        .replace("slot_size", "slot_siz")
    )
    assert_refused(run("export", "--board", board, "--voice", TINY, "-o", out), 5, "mine.toml", "slot_siz")


def test_an_image_too_big_for_the_board(run, tmp_path, out):
    board = tmp_path / "small.toml"
    text = (ROOT / "boards" / "catalogue" / "qemu-m4.toml").read_text().replace('name = "qemu-m4"', 'name = "small"')
    board.write_text(text.replace("0x1A_0000", "0x1_0000"))
    assert_refused(run("export", "--board", board, "--voice", TINY, "-o", out), 6, "small", "does not fit")
    done = run("flash", "--board", board, "--voice", TINY)
    assert_refused(done, 6, "small", "does not fit")
    assert not list((tmp_path / "cache").rglob("*.flash"))


def test_a_folder_that_is_somebodys_own(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert_refused(run("export", "--board", "qemu-m4", "--voice", TINY, "-o", tmp_path / "mine"), 6, "mine")
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_port_that_is_not_there(run, tmp_path, out):
    port = tmp_path / "ttyNONE"
    assert_refused(run("say", "hello", "--board", "qemu-m4", "--voice", TINY, "--port", port, "-o", out), 7, "ttyNONE")
    assert_refused(run("flash", "--board", "qemu-m4", "--voice", TINY, "--port", port), 7, "ttyNONE")


def test_a_device_that_does_not_answer(run, out):
    master, slave = pty.openpty()
    try:
        port = os.ttyname(slave)
        assert_refused(run("say", "hello", "--board", "qemu-m4", "--voice", TINY, "--port", port, "-o", out), 8, port)
        assert_refused(run("flash", "--board", "qemu-m4", "--voice", TINY, "--port", port), 8, port)
    finally:
        os.close(master)
        os.close(slave)


def test_a_watch_that_was_never_flashed(run, out):
    assert_refused(
        run("say", "hello", "--board", "qemu-m4", "--voice", TINY, "-o", out), 8, "ticktalk flash --board qemu-m4"
    )


def test_an_output_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    assert_refused(run("simulate", "hello", "--voice", TINY, "-o", tmp_path / "file" / "out.wav"), 2, "file")


def test_options_that_contradict_each_other(run, model):
    done = run("verify", "--board", "qemu-m4", "--voice", TINY, "--model", model("ABS"))
    assert done.returncode == 2 and "--model" in done.stderr


def test_interrupted(tmp_path):
    """Ctrl-C shuts down a virtual watch cleanly. If a computation is interrupted, the exit code is 130, with a one-line
    error."""
    code = (
        "import ticktalk.cli, ticktalk.bundled as v\ndef f(name): raise KeyboardInterrupt\nv.voice_folder = f\n"
        f"ticktalk.cli.app(['simulate', 'hello', '-o', {str(tmp_path / 'o.wav')!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert_refused(done, 130, "interrupted")
    watch = subprocess.Popen(
        [sys.executable, "-m", "ticktalk", "virtual", "--board", "qemu-m4", "--flash", tmp_path / "flash"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # A test that a shell runs in the background would otherwise start with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    port = watch.stdout.readline().strip()
    assert os.path.exists(port)
    time.sleep(0.1)
    watch.send_signal(signal.SIGINT)
    assert watch.wait(10) == 0
