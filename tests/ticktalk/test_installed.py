"""A wheel installs a single importable name, contains all files of the packages, and works in any directory."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
import setuptools

from tests.support.caches import cache
from tests.support.paths import ROOT

ROOMS = ("boards", "converter", "firmware_gen", "languages", "runtime_sim", "voices")
NOT_SHIPPED = ("__pycache__", "*.pyc", "*.egg-info")
pytestmark = pytest.mark.skipif(
    int(setuptools.__version__.split(".")[0]) < 77, reason="pip install 'setuptools>=77' (pyproject.toml asks for it)"
)


def built(folder, kind, out):
    """Return the file that setuptools builds from a source folder, without pip or network access."""
    code = f"from setuptools import build_meta; build_meta.build_{kind}({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    [file] = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return file


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder with the contents of a wheel that was built from the source distribution."""
    base = tmp_path_factory.mktemp("build")
    source = base / "source"
    for name in ("ticktalk", *ROOMS):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    with tarfile.open(built(source, "sdist", base)) as file:
        file.extractall(base / "unpacked")  # not every Python 3.11 knows `filter`
    [unpacked] = (base / "unpacked").iterdir()
    with zipfile.ZipFile(built(unpacked, "wheel", base)) as file:
        file.extractall(base / "site")
    return base / "site"


def run(installed, cwd, *arguments):
    """Run the command from a different folder, where it imports the wheel's `ticktalk` instead of the repository's."""
    code = (
        # Remove the finder of an editable install, which would find files of the repository that are missing from the
        # wheel.
        "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in getattr(f, '__module__', '')]; "
        "import ticktalk; "
        f"assert ticktalk.__file__.startswith({str(installed)!r}), ticktalk.__file__; "
        "from ticktalk.entry import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": cache(cwd)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_adds_one_importable_name(installed):
    assert sorted(path.name.split("-")[0] for path in installed.iterdir()) == ["ticktalk", "ticktalk"]
    assert [path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")] == ["ticktalk"]


def test_a_wheel_holds_every_file_of_the_rooms(installed):
    missing = []
    for room in ("ticktalk", *ROOMS):
        for path in (ROOT / room).rglob("*"):
            inside = path.relative_to(ROOT) if room != "ticktalk" else path.relative_to(ROOT / "ticktalk")
            if path.is_file() and "__pycache__" not in path.parts and not (installed / "ticktalk" / inside).is_file():
                missing.append(str(path.relative_to(ROOT)))
    assert not missing


def test_commands_work_from_a_wheel(installed, tmp_path):
    assert run(installed, tmp_path, "--version").startswith("ticktalk ")
    assert {"qemu-m4", "pinetime"} <= set(json.loads(run(installed, tmp_path, "boards", "--json")))
    voices = json.loads(run(installed, tmp_path, "voices", "--json"))
    assert {"heart", "heart-nano", "heart-pico", "joe", "dora", "siwis", "quartet"} <= set(voices)
    assert {"hibari", "piper"} <= set(json.loads(run(installed, tmp_path, "teachers", "--json")))
    run(installed, tmp_path, "simulate", "Hello.", "--voice", "heart-nano", "-o", "out.wav")
    assert (tmp_path / "out.wav").read_bytes()[:4] == b"RIFF"
    run(installed, tmp_path, "export", "--voice", "heart-nano", "--board", "qemu-m4", "-o", "project")
    assert list((tmp_path / "project").rglob("*.c"))


def test_help_of_every_command_loads_from_a_wheel(installed, tmp_path):
    listing = run(installed, tmp_path, "--help")
    assert all(name in listing for name in ("compare", "align", "ports", "--install-completion"))
