"""Test the commands end to end, with the tiny voice on emulated boards."""

import json
import os
import shutil
import subprocess
import sys
import wave
from importlib.util import find_spec

import numpy as np
import pytest

from tests.support.front import ticktalk
from tests.support.paths import ROOT, TINY
from tests.support.speakers import NAMES, write_speakers
from tests.support.tflite_builder import ModelBuilder
from ticktalk import bundled
from ticktalk.commands.voices import voices

KEYS = {
    "bit_exact",
    "implementations",
    "tensors",
    "samples",
    "text_bytes",
    "macs",
    "instructions",
    "flash_bytes",
    "ram_bytes",
    "stack_bytes",
    "left_out",
    "simplified",
}


def read(path):
    with wave.open(str(path)) as file:
        return file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")


def good(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("question", ["boards", "voices", "--version", "--help"])
def test_a_short_question_imports_only_what_its_answer_needs(question):
    """Importing any of these packages would double the response time."""
    script = (
        "import atexit, sys; from ticktalk.entry import main\n"
        f"atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main([{question!r}])"
    )
    imported = set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT).stderr.split()
    )
    assert "ticktalk.cli" in imported
    assert not imported & {"pydantic", "numpy", "rich", "jinja2", "serial"}


def test_a_command_that_is_misspelt_is_guessed(tmp_path):
    assert "Did you mean 'simulate'?" in ticktalk("simulat", cache=tmp_path).stderr


def test_boards_lists_them(tmp_path):
    assert {"qemu-m4", "qemu-m33", "qemu-m55"} <= set(good(ticktalk("boards", cache=tmp_path)).split())
    assert json.loads(good(ticktalk("boards", "--json", cache=tmp_path)))["qemu-m4"]["core"] == "cortex-m4"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_completions(shell):
    """Test the script that a shell sources, and the completions that the command returns to it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-c", "from ticktalk.cli import app; app(prog_name='ticktalk')"]
    script = subprocess.run([*command, "--show-completion", shell], capture_output=True, text=True, env=environment)
    assert script.returncode == 0 and "_TICKTALK_COMPLETE" in script.stdout
    asked = {
        "_TICKTALK_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "ticktalk sim",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "ticktalk sim",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment | asked)
    assert "simulate" in done.stdout, done.stderr


def test_voices_lists_what_is_in_the_folder(tmp_path):
    listed = set(json.loads(good(ticktalk("voices", "--json", cache=tmp_path)) or "{}"))
    assert listed == {path.parent.name for path in ROOT.glob("voices/*/voice.toml")}


def test_voices_lists_the_speakers(tmp_path, monkeypatch, capsys):
    write_speakers(tmp_path / "several")
    shutil.copytree(TINY, tmp_path / "tiny")
    monkeypatch.setattr(bundled, "HERE", tmp_path)
    voices(json=True)
    listed = json.loads(capsys.readouterr().out)
    assert {name: voice["speakers"] for name, voice in listed.items()} == {"several": NAMES, "tiny": []}
    voices()
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 5 and told[-1] == "Speakers of several, the first by default: heart, emma, em."


def test_simulate_flash_and_say_give_the_same_samples(tmp_path):
    """The command line is the same for all boards.

    If no port is given, a virtual watch is started, and the contents of its flash are kept.
    """
    text, voice = "Hello there. How are you?", write_speakers(tmp_path / "voice")
    told = json.loads(
        good(ticktalk("simulate", text, "--voice", voice, "-o", tmp_path / "s.wav", "--json", cache=tmp_path))
    )
    rate, expected = read(tmp_path / "s.wav")
    assert rate == told["sample_rate"] == 16000 and len(expected) == told["samples"] > 4000 and told["utterances"] == 2
    flashed = json.loads(good(ticktalk("flash", "--board", "qemu-m33", "--voice", voice, "--json", cache=tmp_path)))
    assert "host C" in flashed["bit_exact_on_host"] and flashed["banner"]["board"] == "qemu-m33"
    assert (flashed["banner"]["licence"], flashed["banner"]["commercial"]) == ("Apache-2.0", "unknown")
    good(ticktalk("say", text, "--board", "qemu-m33", "--voice", voice, "-o", tmp_path / "w.wav", cache=tmp_path))
    assert read(tmp_path / "w.wav")[0] == rate and np.array_equal(read(tmp_path / "w.wav")[1], expected)
    prosody = ("--rate", "1.5", "--pitch", "-2", "--volume", "0.5", "--expression", "1.5", "--voice", voice)
    prosody += ("--speaker", "emma", "--whisper")
    good(ticktalk("simulate", "Hello there.", *prosody, "-o", tmp_path / "p.wav", cache=tmp_path))
    good(ticktalk("say", "Hello there.", "--board", "qemu-m33", *prosody, "-o", tmp_path / "q.wav", cache=tmp_path))
    assert np.array_equal(read(tmp_path / "q.wav")[1], read(tmp_path / "p.wav")[1]) and len(
        read(tmp_path / "p.wav")[1]
    ) < len(expected)


def test_a_dry_run_touches_nothing(tmp_path):
    plan = json.loads(
        good(
            ticktalk(
                "flash",
                "--board",
                "qemu-m4",
                "--voice",
                TINY,
                "--dry-run",
                "--json",
                "--port",
                tmp_path / "no-port",
                cache=tmp_path / "cache",
            )
        )
    )
    assert plan["dry_run"] and plan["bytes"] > 50_000 and plan["seconds"] > 0 and plan["baud"] == 115200
    assert not list((tmp_path / "cache").rglob("*.flash"))


# test_proof_of_output.py verifies a voice on the emulated Cortex-M55.
@pytest.mark.parametrize(
    "board", ["qemu-m4", *(pytest.param(name, marks=pytest.mark.long) for name in ("qemu-m33", "qemu-m55"))]
)
def test_verify_the_voice(tmp_path, board):
    voice = write_speakers(tmp_path / "voice")
    told = json.loads(
        good(ticktalk("verify", "--board", board, "--voice", voice, "--text", "Hello.", "--json", cache=tmp_path))
    )
    assert (
        set(told) == KEYS
        and told["bit_exact"] is True
        and told["samples"] > 0
        and told["instructions"] > told["macs"] > 0
    )
    asked = told["implementations"]
    assert set(asked) == {"tflite-micro", "litert", "host C", "host C (sanitised)", board}
    for name, answer in asked.items():
        installed = name != "tflite-micro" or find_spec("tflite_micro")
        if name != "litert" and installed:
            assert answer["tensors"] == told["tensors"] and answer["samples"] == told["samples"]
    assert 0 < told["stack_bytes"] < told["ram_bytes"] <= 256 * 1024 and 0 < told["flash_bytes"] <= 1.6 * 1024 * 1024


def test_verify_a_model(tmp_path):
    told = json.loads(
        good(ticktalk("verify", "--board", "qemu-m4", "--model", TINY / "phoneme.tflite", "--json", cache=tmp_path))
    )
    assert set(told) == KEYS and told["bit_exact"] is True and told["samples"] == 0 and told["macs"] > 0


def test_verify_a_model_with_float_edges(tmp_path):
    builder = ModelBuilder()
    real, inner, out = (
        builder.tensor((1, 8), "float32"),
        builder.tensor((1, 8), "int8", 0.1, 3),
        builder.tensor((1, 8), "float32"),
    )
    builder.operator("QUANTIZE", [real], [inner])
    builder.operator("DEQUANTIZE", [inner], [out])
    (tmp_path / "edges.tflite").write_bytes(builder.build([real], [out]))
    told = json.loads(
        good(ticktalk("verify", "--board", "qemu-m4", "--model", tmp_path / "edges.tflite", "--json", cache=tmp_path))
    )
    assert told["bit_exact"] is True and told["tensors"] == 6


def test_export_for_both_runtimes(tmp_path):
    for runtime in ("ticktalk", "tflm"):
        folder = tmp_path / f"for-{runtime}"  # the cache is tmp_path / "ticktalk"
        good(
            ticktalk(
                "export", "--board", "qemu-m4", "--voice", TINY, "--runtime", runtime, "-o", folder, cache=tmp_path
            )
        )
        assert (
            (folder / "CMakeLists.txt").is_file()
            and (folder / "README.md").is_file()
            and (folder / "report.json").is_file()
        )


def test_the_demo_tells_and_keeps_what_it_did(tmp_path, monkeypatch):
    """The demo works while another virtual watch of the same board is running, and leaves its flash unchanged."""
    from ticktalk.boards.board import load_board
    from ticktalk.boards.virtual.qemu_watch import VirtualWatch, default_flash

    out, board = tmp_path / "demo", load_board("qemu-m4")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):  # the command itself has the same default
        monkeypatch.setenv(name, str(tmp_path))
    with VirtualWatch(board, default_flash(board)):
        table = good(ticktalk("demo", "Hello there.", "--voice", TINY, "--out", out, cache=tmp_path))
    assert set(default_flash(board).read_bytes()) == {0xFF}
    assert not list(tmp_path.rglob("qemu-m4-*.json")) and not list(tmp_path.rglob("images/*"))
    assert "bit-exact     yes: simulator, " in table and "instructions" in table and "flash" in table and "RAM" in table
    good(ticktalk("simulate", "Hello there.", "--voice", TINY, "-o", tmp_path / "s.wav", cache=tmp_path))
    assert np.array_equal(read(out / "hello.wav")[1], read(tmp_path / "s.wav")[1])
    assert (out / "spectrogram.png").read_bytes().startswith(b"\x89PNG")
