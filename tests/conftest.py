"""Fixtures that several test modules share."""

import os
import signal
import sys

import pytest

from tests.skips import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401  hooks
from tests.support import object_cache, quick_jax, quick_numba
from tests.support.caches import cache
from tests.support.paths import TINY
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import build
from ticktalk.runtime_sim.voice import load_voice


def pytest_configure(config):
    # Tests start more than a thousand processes, which would each compile the package's modules again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    object_cache.install()
    quick_jax.install(config)
    quick_numba.install()


# Under nohup or in the background of a shell script, tests start with SIGHUP or SIGINT ignored, and child processes
# would inherit this. A handler that does nothing prevents this, because exec resets handlers to the default action. The
# workers of pytest-xdist are also started by exec. An environment variable passes the list of signals to the workers.
IGNORED = "TICKTALK_TESTS_IGNORE"
_ignored = {n for n in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(n) == signal.SIG_IGN}
_ignored |= {signal.Signals(int(n)) for n in os.environ.get(IGNORED, "").split()}
os.environ[IGNORED] = " ".join(str(int(n)) for n in sorted(_ignored))
for _number in _ignored:
    signal.signal(_number, lambda number, frame: None)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Keep tests from reading or writing the user's own files."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", cache(tmp_path / "cache"))


@pytest.fixture
def file_of(tmp_path):
    """Return a function that writes an image to a file and returns the file's path."""

    def write(image, name="image.bin"):
        (tmp_path / name).write_bytes(image)
        return tmp_path / name

    return write


@pytest.fixture
def quick(monkeypatch):
    """Shorten the timeouts, because the simulated serial lines have no delay."""
    for module, name, seconds in (
        ("protocols.smp.client", "TIMEOUT", 0.06),
        ("protocols.smp.client", "ERASE_TIMEOUT", 0.3),
        ("protocols.smp.loader", "PROBE", 0.06),
        ("protocols.stm32.client", "TIMEOUT", 0.05),
        ("protocols.stm32.client", "ERASE_TIMEOUT", 0.3),
        ("protocols.stm32.client", "QUIET", 0.01),
        ("protocols.stm32.loader", "PROBE", 0.05),
        ("protocols.ambiq.client", "TIMEOUT", 0.2),
        ("protocols.ambiq.client", "PROGRAM_TIMEOUT", 0.6),
        ("protocols.ambiq.client", "QUIET", 0.01),
        ("protocols.ambiq.client", "SETTLE", 0.06),
        ("protocols.ambiq.loader", "PROBE", 0.15),
        ("console.updater", "TIMEOUT", 0.3),
        ("console.updater", "PROBE", 0.3),
        ("flash.identifying", "PROBE", 0.06),
        ("flash.identifying", "IDENTIFY", 1.0),
        ("flash.running", "PROBE", 0.06),
        ("flash.running", "START", 0.5),
        ("flash.engine", "RETURN", 0.2),
    ):
        monkeypatch.setattr(f"ticktalk.boards.{module}.{name}", seconds)


@pytest.fixture
def less_quick(quick, monkeypatch):
    """Allow time for a program to start before it first responds."""
    for name, seconds in (
        ("identifying.PROBE", 0.3),
        ("identifying.IDENTIFY", 4.0),
        ("running.PROBE", 0.3),
        ("running.START", 4.0),
    ):
        monkeypatch.setattr(f"ticktalk.boards.flash.{name}", seconds)


@pytest.fixture(scope="session")
def firmware_of(tmp_path_factory):
    """Return a function that exports and builds firmware with the tiny voice for a board, once for all tests.

    Calling that function returns the project's folder and the ELF file.
    """
    built = {}

    def firmware(board):
        if board not in built:
            project = export_voice(load_voice(TINY), board, tmp_path_factory.mktemp(board.name) / "project")
            built[board] = project, build(project)
        return built[board]

    return firmware
