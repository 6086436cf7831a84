"""Before a command starts its work, it checks that all programs and packages that it needs are installed.

A one-line error explains how to install the missing ones.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

import pytest

from tests.support.paths import ROOT, TINY
from ticktalk.firmware_gen.project.build import PACKAGES as PACKAGES_OF_BUILDS

PROGRAMS = {tool: PACKAGES_OF_BUILDS[tool] for tool in ("cmake", "arm-none-eabi-gcc", "cc")}
PROGRAMS["qemu-system-arm"] = "qemu-system-arm"


def path_without(folder: Path, *missing: str) -> str:
    """Return a PATH with all programs on this machine except `missing`."""
    for entry in os.get_exec_path():
        for program in Path(entry).iterdir() if Path(entry).is_dir() else ():
            link = folder / program.name
            if program.name not in missing and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def run(folder: Path, environment: dict, *command) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "ticktalk", *map(str, command)],
        env=os.environ | {"XDG_CACHE_HOME": str(folder), "XDG_STATE_HOME": str(folder)} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_told_first(done: subprocess.CompletedProcess, *words: str) -> None:
    """Check that a command failed before it started to work, with an error that contains `words`.

    The output is empty, and the error is preceded by at most one progress line of `distill`.
    """
    assert done.returncode == 10 and not done.stdout, done
    *_, line = done.stderr.splitlines()
    assert line.startswith("error: ") and all(word in line for word in words), line


@pytest.mark.parametrize(
    ("command", "tool"),
    [
        *product(("demo",), PROGRAMS),
        *product(("verify", "flash", "bench"), ("cmake",)),
        ("bench", "arm-none-eabi-objdump"),
        *(
            pytest.param(command, tool, marks=pytest.mark.long)
            for command, tool in product(("verify", "flash", "bench"), PROGRAMS)
            if tool != "cmake"
        ),
    ],
)
def test_a_missing_program_is_told_before_any_work(command, tool, tmp_path):
    arguments = ("--voice", TINY, *(("--out", tmp_path / "out") if command == "demo" else ()))
    (tmp_path / "bin").mkdir()
    done = run(tmp_path, {"PATH": path_without(tmp_path / "bin", tool)}, command, "--board", "qemu-m4", *arguments)
    assert_told_first(done, tool, f"apt install {(PACKAGES_OF_BUILDS | PROGRAMS)[tool]}")
    assert not (tmp_path / "out").exists()


def test_all_that_is_missing_is_told_at_once(tmp_path):
    (tmp_path / "bin").mkdir()
    path = path_without(tmp_path / "bin", "cmake", "cc", "arm-none-eabi-gcc")
    done = run(tmp_path, {"PATH": path}, "verify", "--board", "qemu-m4", "--voice", TINY)
    assert_told_first(done, "cmake, arm-none-eabi-gcc, cc are", "apt install cmake gcc-arm-none-eabi gcc libc6-dev")


def hidden(folder: Path, *modules: str) -> dict:
    """Return environment variables that prevent Python from finding these modules.

    Each set of modules has a folder of its own: in a shared one, Python would take the compiled file of an earlier set
    whose source has the same length and second.
    """
    folder = folder / "hidden" / "-".join(modules)
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(
        "import importlib.abc, sys\n"
        "class Hide(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name in {modules!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hide())\n"
        "import importlib.util as u\n"
        "found = u.find_spec\n"
        f"u.find_spec = lambda name, package=None: None if name in {modules!r} else found(name, package)\n"
    )
    return {"PYTHONPATH": str(folder)}


def test_a_missing_python_package_is_told_before_any_work(tmp_path):
    out = tmp_path / "out"
    demo = run(tmp_path, hidden(tmp_path, "matplotlib"), "demo", "--voice", TINY, "--out", out)
    assert_told_first(demo, "matplotlib", "pip install")
    (tmp_path / "text").write_text("One sentence.\n")
    distill = ("distill", "--teacher", "hibari", "--corpus", tmp_path / "text", "--out", out)
    assert_told_first(run(tmp_path, hidden(tmp_path, "tensorflow"), *distill), "tensorflow", "[convert]")
    assert not out.exists()


def test_what_bench_measures_beside_is_looked_for_before_any_work(tmp_path):
    command = ("bench", "--board", "qemu-m4", "--model", TINY / "phoneme.tflite", "--against")
    assert_told_first(run(tmp_path, hidden(tmp_path, "bakenn"), *command, "bakenn"), "bakenn", "pip install")
    tree = ("tflm", "--tflm-tree", tmp_path)
    assert_told_first(run(tmp_path, hidden(tmp_path, "tflite_micro"), *command, *tree), "TFLite Micro", "pip install")
    (tmp_path / "bin").mkdir()
    path = path_without(tmp_path / "bin", "arm-none-eabi-g++")
    assert_told_first(run(tmp_path, {"PATH": path}, *command, *tree), "g++", "libstdc++-arm-none-eabi-newlib")


def test_debian_packages_that_messages_name_are_those_that_make_installs():
    """`make` installs the packages in scripts/debian-packages.txt. Error messages must not name any other packages."""
    rows = [line.split() for line in (ROOT / "scripts" / "debian-packages.txt").read_text().splitlines()]
    installed = {row[3] for row in rows if row and row[0] != "#"}
    named = set(" ".join(PACKAGES_OF_BUILDS.values()).split())
    rooms = ("boards", "converter", "firmware_gen", "runtime_sim", "ticktalk")
    for file in (file for room in rooms for file in (ROOT / room).rglob("*.py")):
        named.update(" ".join(re.findall(r"apt install ([a-z0-9. +-]+)", file.read_text())).split())
    assert len(named) > 5 and named <= installed, named - installed


def table(tmp_path: Path, name: str, content: str) -> Path:
    """Return a copy of scripts/debian-packages with its own table."""
    (tmp_path / f"{name}.txt").write_text(content)
    return Path(shutil.copy(ROOT / "scripts" / "debian-packages", tmp_path / name))


def test_an_ordinary_user_without_sudo_is_told_one_complete_line():
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        script = table(
            folder,
            "debian-packages",
            "# a comment\n\ndemo program no-such-tool one-package 1\ntest file /nowhere/at/all another-package 1\n"
            "demo program sh dash 1\n",
        )
        (folder / "bin").mkdir()
        path = path_without(folder / "bin", "sudo")
        for entry in (folder, folder / "bin"):
            entry.chmod(0o755)
        for goal, packages in (("demo", "one-package"), ("test", "one-package another-package")):
            done = subprocess.run([*user, "/bin/sh", script, goal], env={"PATH": path}, capture_output=True, text=True)
            assert done.returncode == 1 and not done.stdout
            *_, line = done.stderr.splitlines()
            assert line == f"  apt-get update && apt-get install -y --no-install-recommends {packages}"


def test_nothing_is_asked_for_where_all_is_there(tmp_path):
    script = table(tmp_path, "debian-packages", "demo program sh dash 1\ntest file / base-files 1\n")
    done = subprocess.run(["/bin/sh", script, "test"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_full_disk_is_told_before_anything_is_installed(tmp_path):
    script = table(tmp_path, "debian-packages", "demo program no-such-tool one-package 80000000\n")
    done = subprocess.run(["/bin/sh", script, "demo"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1 and not done.stdout
    assert re.fullmatch(
        rf"make demo: needs 100000700 MB of free disk .*, but {tmp_path} has \d+ MB; free some space\n", done.stderr
    )
