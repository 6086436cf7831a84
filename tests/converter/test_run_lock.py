"""Test that two training runs never share a work folder, with real processes."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT
from tests.support.speech_server import speech, wav
from ticktalk.bundled import voice_folder
from ticktalk.converter import adapt as adapting
from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage.run_lock import alone_in, check_free
from ticktalk.runtime_sim.voice import load_voice

HOLDER = """import subprocess, sys; from pathlib import Path
from ticktalk.converter.storage.run_lock import alone_in; from ticktalk.converter.training import processes
with alone_in(Path(sys.argv[1]), processes.rank()):
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    sys.stdin.read()
child.kill()"""
trains = pytest.mark.skipif(
    not find_spec("keras") or not shutil.which("espeak-ng"), reason="pip install 'ticktalk[convert]', espeak-ng"
)


def holder(work: Path, **environment: str) -> tuple[subprocess.Popen, int]:
    """Start a process that uses the folder until its input ends. Return it and the ID of its child."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, work],
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, int(process.stdout.readline())


def in_use(work: Path, process: int = 0) -> bool:
    """Return whether a run that starts now would be refused."""
    try:
        check_free(work, process)
    except DistillError as error:
        assert str(error).startswith(f"{work}: another run is using this folder; wait until it ends, or choose another")
        return True
    return False


@trains
def test_a_second_run_is_refused_at_once_until_the_first_is_killed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("Turn left here.\n")
    arguments = ["distill", "--teacher", "espeak-ng", "--corpus", "text.txt", "--steps", "200"]
    first = subprocess.Popen(
        [sys.executable, "-m", "ticktalk", *arguments, "--out", "v"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        work, until = Path("build/distill/v"), time.monotonic() + 60
        while not in_use(work) and time.monotonic() < until:
            time.sleep(0.05)
        for more in ((), ("--resume",)):  # in another folder, but with the name of the same work folder
            done = ticktalk(*arguments, "--out", "other/v", *more, cache=tmp_path)
            assert_refused(done, 11, f"{work}: another run is using this folder; wait until it ends", "with --out")
        assert first.poll() is None
    finally:
        first.kill()
    assert first.wait() == -signal.SIGKILL and not in_use(work)


def test_a_killed_run_leaves_no_lock_even_while_its_children_live(tmp_path):
    process, child = holder(tmp_path / "work")
    assert in_use(tmp_path / "work")
    process.kill()
    process.communicate()
    try:
        os.kill(child, 0)
        assert not in_use(tmp_path / "work")
        with alone_in(tmp_path / "work", 0):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def test_the_processes_of_one_run_share_its_folder(tmp_path):
    started = [
        holder(tmp_path, KERAS_DISTRIBUTION_NUM_PROCESSES="2", KERAS_DISTRIBUTION_PROCESS_ID=str(rank))[0]
        for rank in range(2)
    ]
    assert in_use(tmp_path, 0) and in_use(tmp_path, 1) and not in_use(tmp_path, 2)
    for process in started:
        process.communicate("")
        assert process.returncode == 0
    assert not in_use(tmp_path, 0) and not in_use(tmp_path, 1)


def test_a_run_may_use_its_folder_again_but_another_thread_may_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    work = Path("work")
    assert not in_use(work) and not work.exists()
    with ThreadPoolExecutor(1) as other, alone_in(work, 0):
        with alone_in(tmp_path / "work", 0):
            check_free(work, 0)
        assert other.submit(in_use, work).result()
    assert not in_use(work)


def test_a_folder_that_cannot_be(tmp_path):
    with pytest.raises(DistillError, match="x/run-0.lock: cannot be written: File name too long; choose a path"):
        check_free(tmp_path / ("x" * 300), 0)


@trains
def test_adapt_holds_its_folder_while_it_hears_and_trains(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts, found = ["It is seven thirty.", "Turn left here.", "Battery low.", "Well done!"], []
    Path("clips").mkdir()
    Path("clips/metadata.csv").write_text("".join(f"{number}|{text}\n" for number, text in enumerate(texts)))
    for number, text in enumerate(texts):
        Path(f"clips/{number}.wav").write_bytes(wav(speech(text, 22050), 22050))

    def looked(*_: object, **__: object) -> None:
        thread = threading.Thread(target=lambda: found.append(in_use(Path("build/adapt/v"))))
        thread.start()
        thread.join()

    monkeypatch.setattr(adapting, "distill", looked)
    monkeypatch.setattr(adapting, "problem", looked)
    adapting.adapt(load_voice(voice_folder("heart")), Path("clips"), Path("v"), "Yes", "CC0-1.0")
    assert found == [True] * 5


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
def test_two_recordings_do_not_share_a_corpus(tmp_path):
    command = ("corpus", "--teacher", "espeak-ng", "--size", "3", "-o", str(tmp_path / "corpus"))
    process, _ = holder(tmp_path / "corpus")
    assert_refused(ticktalk(*command, cache=tmp_path), 11, f"{tmp_path}/corpus: another run is using this folder")
    process.communicate("")
    assert ticktalk(*command, cache=tmp_path).returncode == 0


def test_a_file_system_without_locks_locks_nothing(tmp_path, monkeypatch):
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with ThreadPoolExecutor(1) as other, alone_in(tmp_path, 0):
        assert not other.submit(in_use, tmp_path).result()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DistillError, match=r"file/work/run-0.lock: cannot be written: Not a directory; choose a path"):
        with alone_in(tmp_path / "file" / "work", 0):
            pass
