"""Fuzz the C that receives bytes from the serial line, with a few thousand inputs and a fixed seed.

docs/measurements/robustness.md has the results of long runs.
"""

import subprocess
from pathlib import Path

import pytest

from tests.robustness.fuzz import DEVICE, DICTIONARY, build_console, build_image, build_unpack, missing, write_images
from tests.robustness.fuzz.sessions import write_seeds

RUNS = {"voice": 60, "model": 1000, "unpack": 5000, "image": 20_000}


@pytest.fixture(scope="module", autouse=True)
def tools(tmp_path_factory):
    if why := missing(tmp_path_factory.mktemp("tools")):
        pytest.skip(why)


def run(program: Path, runs: int, *more: str) -> str:
    """Run a fuzzer and return its output.

    The test fails with that output if a sanitizer reports an error or if the fuzzer crashes or hangs.
    """
    command = [
        str(program),
        f"-runs={runs}",
        "-seed=1",
        "-timeout=60",
        "-rss_limit_mb=2000",
        "-max_len=2500",
        f"-artifact_prefix={program.parent}/",
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stderr


@pytest.mark.parametrize("kind", ["voice", "model"])
def test_console(tmp_path, kind):
    program = build_console(kind, tmp_path / "build")
    write_seeds(program, kind, tmp_path / "seeds")
    said = run(program, RUNS[kind], f"-dict={DICTIONARY}", str(tmp_path / "seeds"))
    assert f"Done {RUNS[kind]} runs" in said


def test_decoder_of_updates(tmp_path):
    assert f"Done {RUNS['unpack']} runs" in run(build_unpack(tmp_path), RUNS["unpack"])


def test_reader_of_images(tmp_path):
    write_images(tmp_path / "seeds")
    assert f"Done {RUNS['image']} runs" in run(build_image(tmp_path / "build"), RUNS["image"], str(tmp_path / "seeds"))


def test_a_read_out_of_bounds_is_found(tmp_path):
    """The decoder is built without its check for the end of the old image, and the fuzzer must detect this."""
    look = "unpack->left > unpack->old_bytes - unpack->place"
    text = (DEVICE / "unpack.c").read_text()
    assert look in text
    (tmp_path / "spoiled.c").write_text(text.replace(look, "false"))
    program = build_unpack(tmp_path / "build", source=tmp_path / "spoiled.c")
    done = subprocess.run(
        [str(program), "-runs=200000", "-seed=1", f"-artifact_prefix={tmp_path}/"], capture_output=True, text=True
    )
    assert done.returncode != 0 and "AddressSanitizer: heap-buffer-overflow" in done.stderr
