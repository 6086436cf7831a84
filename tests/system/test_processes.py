"""No child process outlives its parent, no matter how or when the parent exits."""

import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid

import pytest

from tests.support.paths import ROOT
from ticktalk.system import processes


def started(code: str, mark: str, *arguments: str) -> subprocess.Popen:
    """Start a Python process that runs `code`. `mark`, in the environment of the process and its children, identifies
    them."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | {"TICKTALK_TEST_MARK": mark},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def alive(mark: str) -> list[str]:
    """Return the ID and command line of every process that has `mark` in its environment."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry.name}/environ", "rb") as environment, open(f"/proc/{entry.name}/cmdline") as line:
                if f"TICKTALK_TEST_MARK={mark}".encode() in environment.read().split(b"\0"):
                    found.append(f"{entry.name} {line.read()!r}")
        except (OSError, UnicodeDecodeError):
            continue
    return found


def gone(mark: str, seconds: float = 5) -> list[str]:
    """Wait until all processes have exited, and return those that are still alive after `seconds`."""
    until = time.monotonic() + seconds
    while (left := alive(mark)) and time.monotonic() < until:
        time.sleep(0.02)
    return left


SINGLE = 'from ticktalk.system import processes\nprint("ready", flush=True)\nprocesses.run(["sleep", "1000"])'
TREE = (
    'from ticktalk.system import processes\nprint("ready", flush=True)\n'
    'processes.run(["sh", "-c", "sleep 1000 & sh -c \'sleep 1000; true\'; true"], tree=True)'
)
WORKERS = (
    "import multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\n"
    "from ticktalk.system.processes import follow_parent\nimport time\nif __name__ == '__main__':\n"
    "    print('ready', flush=True)\n"
    "    with ProcessPoolExecutor(2, multiprocessing.get_context('spawn'), follow_parent) as pool:\n"
    "        list(pool.map(time.sleep, [1000, 1000]))\n"
)


@pytest.mark.parametrize("code", [SINGLE, TREE], ids=["single", "tree"])
def test_a_parent_that_is_killed_at_any_moment_leaves_nobody(code):
    """The parent is killed at random moments, mostly close to the start of the child."""
    draw = random.Random(1)
    for turn in range(24):
        mark = uuid.uuid4().hex
        parent = started(code, mark)
        parent.stdout.readline()
        time.sleep(draw.choice([0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05]) * draw.random() + (turn % 8 == 0) * 0.2)
        parent.kill()
        parent.communicate()
        assert not gone(mark), turn


QEMU = (
    "import pathlib, sys, tempfile\nfrom ticktalk.boards.board import load_board\n"
    "from ticktalk.boards.virtual.qemu import Emulator\nboard = load_board('qemu-m4')\n"
    "flash = pathlib.Path(sys.argv[1], 'flash')\nflash.write_bytes(bytes(2 * board.slot_size))\n"
    "print('ready', flush=True)\nemulator = Emulator(board, flash)\nemulator.serial.recv(1)\n"
)
ESPTOOL = (
    "import importlib.util, os, pty\nfrom ticktalk.boards.ports import open_port\n"
    "from ticktalk.boards.protocols.esp.tool import EspTool, NobodyThere\nfar, near = pty.openpty()\n"
    "importlib.util.find_spec('esptool')\nwith open_port(os.ttyname(near), 115200) as port:\n"
    "    tool = EspTool(port, 'esp32s3')\n    print('ready', flush=True)\n    while True:\n"
    "        try:\n            tool.run('flash-id')\n        except NobodyThere:\n            pass\n"
)


@pytest.mark.parametrize("moment", [0.01, 0.05, 0.3])
@pytest.mark.parametrize(
    "code",
    [
        pytest.param(QEMU, marks=pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="qemu-system-arm")),
        pytest.param(
            ESPTOOL,
            marks=pytest.mark.skipif(not importlib.util.find_spec("esptool"), reason="pip install 'ticktalk[esp]'"),
        ),
    ],
    ids=["QEMU", "esptool"],
)
def test_a_real_child_does_not_outlive_a_parent_that_is_killed(tmp_path, code, moment):
    """The parent is killed `moment` seconds after it begins to launch the child."""
    for _ in range(4):
        mark = uuid.uuid4().hex
        parent = started(code, mark, str(tmp_path))
        assert parent.stdout.readline() == "ready\n", parent.communicate()
        if moment == 0.3:  # wait until the child is running, even on a busy machine
            until = time.monotonic() + 20
            while len(running := alive(mark)) < 2 and time.monotonic() < until:
                time.sleep(0.01)
            assert len(running) >= 2
        time.sleep(moment)
        parent.kill()
        parent.communicate()
        assert not gone(mark)


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.3, 1.5])
def test_workers_end_with_a_parent_that_is_killed(moment):
    mark = uuid.uuid4().hex
    parent = started(WORKERS, mark)
    parent.stdout.readline()
    time.sleep(moment)
    parent.kill()
    parent.communicate()
    assert not gone(mark, 10)


@pytest.mark.parametrize("code", [SINGLE, TREE], ids=["single", "tree"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_child_with_its_parent(code, number):
    mark = uuid.uuid4().hex
    parent = started("from ticktalk.system import signals\nsignals.install()\n" + code, mark)
    parent.stdout.readline()
    time.sleep(0.2)
    parent.send_signal(number)
    parent.communicate(timeout=20)
    assert not gone(mark)


def test_output_status_and_errors_are_those_of_the_program():
    for tree in (False, True):
        done = processes.run(["sh", "-c", "cat; echo sorry >&2; exit 7"], input=b"text", tree=tree)
        assert (done.returncode, done.stdout, done.stderr) == (7, b"text", b"sorry\n")
        assert processes.run(["cat"], tree=tree).stdout == b"", "standard input is empty by default"
        with pytest.raises(FileNotFoundError, match="no-such-program"):
            processes.run(["no-such-program"], tree=tree)
        with pytest.raises(subprocess.CalledProcessError):
            processes.run(["false"], check=True, tree=tree)


def test_a_deadline_ends_all_of_it():
    for tree in (False, True):
        started_at = time.monotonic()
        with pytest.raises(subprocess.TimeoutExpired):
            processes.run(["sh", "-c", "sleep 1000; true"], timeout=0.3, tree=tree)
        assert time.monotonic() - started_at < 5


def test_without_setpriv_a_guard_does_the_same(monkeypatch, tmp_path):
    (tmp_path / "sleep").symlink_to("/bin/sleep")
    monkeypatch.setenv("PATH", str(tmp_path))
    with processes.Child(["sleep", "1000"], stdin=subprocess.DEVNULL) as child:
        assert "guard.py" in " ".join(child.args)
        child.end()
        assert child.returncode is not None


def test_a_worker_that_is_asked_to_end_leaves_no_temporary_folder(tmp_path):
    code = (
        "import multiprocessing, os, tempfile, time\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "from ticktalk.system.processes import follow_parent\nfolder = tempfile.TemporaryDirectory()\n"
        "follow_parent()\nprint(os.listdir(tempfile.gettempdir()), flush=True)\ntime.sleep(1000)\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "tmp" in worker.stdout.readline()
    worker.terminate()
    worker.communicate(timeout=20)
    assert worker.returncode == 128 + signal.SIGTERM and not list(tmp_path.iterdir())
