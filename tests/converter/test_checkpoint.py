"""Test training runs that are killed, diverge, run out of disk space or find a damaged checkpoint."""

import json
import shutil
import signal
import subprocess
from importlib.util import find_spec

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.minimal_training import EPOCH, lines_of, started
from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage import checkpoint

# Look for Keras without importing it. Keras's default backend is TensorFlow, which makes tflite-runtime's interpreter
# crash in the same process, and other tests use that interpreter.
pytestmark = pytest.mark.skipif(not find_spec("keras"), reason="pip install 'ticktalk[convert]'")

STEPS = 4 * EPOCH


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return (folder, output lines) of an uninterrupted training run."""
    folder = tmp_path_factory.mktemp("train") / "whole"
    return folder, lines_of(started(folder, STEPS))


def test_a_training_that_is_killed_goes_on_to_the_same_weights(trained):
    folder, whole = trained
    killed = folder.parent / "killed"
    running = started(killed, STEPS)
    while (line := running.stdout.readline()) and not line.startswith("epoch 1 "):
        pass
    running.kill()
    assert running.wait() == -signal.SIGKILL
    reached = checkpoint.read_state(killed)["epoch"]
    assert 1 <= reached < STEPS // EPOCH
    rest = lines_of(started(killed, STEPS, "--resume"))
    assert rest == whole[reached:] and rest[-1].startswith("weights ")
    assert [file.name for file in killed.glob("*.h5")] == ["student-00004.weights.h5"]


@pytest.mark.long  # test_distill.py resumes a finished distillation
def test_a_training_that_is_finished_is_not_trained_on(trained):
    folder, whole = trained
    before = (folder / "state.json").read_bytes()
    assert lines_of(started(folder, STEPS, "--resume")) == whole[-1:]
    assert (folder / "state.json").read_bytes() == before


def test_nan_is_named_with_its_epoch_and_what_was_reached_stays(trained):
    folder, _ = trained
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    running = started(folder, STEPS + 2 * EPOCH, "--resume", "--learning-rate", "1e38")
    assert lines_of(running)[-1].startswith(f"error: {folder}: NaN in epoch 5 with ") and running.returncode == 11
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("damage", "file", "words"),
    [
        (lambda data: data[:-1000], "student-00004.weights.h5", "SHA-256"),
        (lambda data: data[:4000] + bytes([data[4000] ^ 1]) + data[4001:], "student-00004.weights.h5", "SHA-256"),
        (None, "student-00004.weights.h5", "No such file"),
        (lambda data: data[:20], "state.json", "corrupted"),
        (lambda data: b"{}", "state.json", "corrupted"),
        (lambda data: b"[]", "state.json", "corrupted"),
        *(
            (lambda data, key=key, value=value: json.dumps(json.loads(data) | {key: value}).encode(), "state.json", key)
            for key, value in (
                ("epoch", "x"),
                ("epoch", 1.5),
                ("seconds", -1),
                ("seconds", float("nan")),
                ("asked", []),
            )
        ),
    ],
)
def test_a_damaged_checkpoint_is_named(trained, tmp_path, damage, file, words):
    folder = shutil.copytree(trained[0], tmp_path / "copy")
    data = (folder / file).read_bytes()
    (folder / file).unlink() if damage is None else (folder / file).write_bytes(damage(data))
    with pytest.raises(DistillError, match=f"{folder / file}: .*{words}.*delete {folder} and train again"):
        checkpoint.read_state(folder)


def test_a_run_killed_between_two_files_has_the_checkpoint_before(trained, tmp_path):
    """The new weights have been written, but state.json still names the previous ones."""
    folder = shutil.copytree(trained[0], tmp_path / "copy")
    shutil.copy(folder / "student-00004.weights.h5", folder / "student-00005.weights.h5")
    (folder / "partial.weights.h5").write_bytes(b"half")
    assert checkpoint.read_state(folder)["epoch"] == 4


def test_a_full_disk_is_named_and_the_checkpoint_before_stays(trained, tmp_path):
    """The small file system has space for one checkpoint but not for two."""
    folder, _ = trained
    size = sum(file.stat().st_size for file in folder.glob("student-*.h5")) * 3 // 2
    small = tmp_path / "small"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size={size} none {small} && cp {folder}/state.json {folder}/student-*.h5 {small} && "
        f"$PYTHON -m tests.support.minimal_training {small} {STEPS + EPOCH} --resume; "
        f"cat {small}/state.json; ls {small}"
    )
    done = on_a_small_disk(script)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("needs a user namespace for a small file system")
    assert f"error: {small}/student-00005.weights.h5: cannot be written: No space left on device" in done.stdout, done
    assert "Segmentation" not in done.stderr
    assert (
        json.dumps(checkpoint.read_state(folder)) in done.stdout
        and "student-00004.weights.h5" in done.stdout
        and "partial" not in done.stdout
    )


def on_a_small_disk(script: str) -> subprocess.CompletedProcess:
    """Run a shell script in a namespace that lets it mount file systems."""
    import os
    import sys

    from tests.support.front import ROOT

    environment = os.environ | {"PYTHON": sys.executable, "KERAS_BACKEND": "jax"}
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--steps", 250), ("--steps 250", "multiple of 100")),
        (("--steps", 100), ("--steps 100", "200")),
        (("--steps", 200, "--minutes", 1), ("--minutes and --steps",)),
        (("--learning-rate", 2), ("--learning-rate 2", "below 1")),
    ],
)
def test_budgets_that_make_no_sense(tmp_path, options, words):
    assert_refused(
        ticktalk("distill", "--teacher", "hibari", "-o", tmp_path / "v", *options, cache=tmp_path), 11, *words
    )
