"""Programs that are stopped by a signal leave no files or processes behind."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

PROGRAMS = {
    "bootloader_watch": ["ticktalk.boards.virtual.bootloader_watch", "--board", "stm32u5a9j-dk", "--folder", "watch"],
    "qemu_watch": ["ticktalk.boards.virtual.qemu_watch", "--board", "qemu-m4", "--flash-file", "flash"],
    "virtual": ["ticktalk", "virtual", "--board", "qemu-m4"],
}
# These programs write no files and are stopped by their parent process.
CHILDREN = {"ticktalk/system/guard.py", "runtime_sim/oracle_child.py"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_is_asked_to_end_leaves_no_temporary_folder(tmp_path, program, number):
    if program != "bootloader_watch" and not shutil.which("qemu-system-arm"):
        pytest.skip("qemu-system-arm")
    for name in ("tmp", "work", "cache"):
        (tmp_path / name).mkdir()
    running = subprocess.Popen(
        [sys.executable, "-m", *PROGRAMS[program]],
        cwd=tmp_path / "work",
        env=os.environ
        | {"TMPDIR": str(tmp_path / "tmp"), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout.readline(), running.communicate()
    running.send_signal(number)
    _, errors = running.communicate(timeout=60)
    assert running.returncode in (0, 128 + number) and "Traceback" not in errors
    assert not [path.name for path in (tmp_path / "tmp").iterdir()]


def test_every_program_of_the_tree_is_run_so_that_signals_end_it_cleanly():
    programs = {
        str(file.relative_to(ROOT)): file.read_text()
        for room in ("boards", "converter", "firmware_gen", "runtime_sim", "scripts", "ticktalk")
        for file in (ROOT / room).rglob("*.py")
        if '\nif __name__ == "__main__":\n' in file.read_text()
    }
    assert len(programs) >= 8 and set(programs) >= CHILDREN
    assert {name for name, text in programs.items() if "signals.run(" not in text} == CHILDREN
