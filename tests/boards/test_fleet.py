"""Test flashing many watches at the same time."""

import json
import subprocess
import sys
from contextlib import ExitStack

import pytest

from tests.support.paths import ROOT
from tests.support.watch_firmware import voiced
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import BoardError
from ticktalk.boards.fleet import Watch, read_fleet
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.boards.virtual.bootloaders.stm32 import stm32_watch
from ticktalk.boards.virtual.pty_device import SimulatedDevice

L4 = load_board("nucleo-l4r5zi")


def fleet_file(tmp_path, ports):
    path = tmp_path / "fleet.toml"
    path.write_text("".join(f'[[watch]]\nboard = "{L4.name}"\nport = "{port}"\n' for port in ports))
    return path


@pytest.mark.parametrize("dead", [False, True])
def test_a_fleet_is_flashed_and_the_exit_code_says_whether_all_are_well(tmp_path, dead):
    image = tmp_path / "image.bin"
    image.write_bytes(make_image(voiced(L4), L4))
    with ExitStack() as stack:
        watches = []
        for number in range(3):
            (tmp_path / str(number)).mkdir()
            watches.append(stm32_watch(L4, tmp_path / str(number)))
            stack.callback(watches[-1].flash.close)
        ports = [stack.enter_context(SimulatedDevice(watch)).path for watch in watches] + ["/dev/ttyNOT0"] * dead
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ticktalk",
                "flash",
                "--fleet",
                str(fleet_file(tmp_path, ports)),
                "--image",
                str(image),
                "--json",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=100,
            env={"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": ""},
        )
    outcomes = json.loads(done.stdout)["watches"]
    assert done.returncode == (7 if dead else 0), done.stderr
    assert [each["port"] for each in outcomes] == ports and all("banner" in each for each in outcomes[:3])
    assert not dead or outcomes[3]["error"].startswith("/dev/ttyNOT0: no such port")
    assert all(watch.loader.primary.flash.path.read_bytes().count(image.read_bytes()) == 1 for watch in watches)


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "key 'watch' is missing"),
        ("watch = []", r"no \[\[watch\]\] table"),
        ("[[watch]]\nboard = 'qemu-m4'", "'watch\\[0\\].port' is missing"),
        ("[[watch]]\nboard = 'nothing'\nport = 'a'", "no board 'nothing'"),
        ("[[", "not valid TOML"),
        ("[[watch]]\nboard = 'qemu-m4'\nport = '/dev/a'\n" * 2, "port /dev/a is listed twice"),
    ],
)
def test_a_wrong_fleet_file_is_told(tmp_path, text, words):
    (tmp_path / "fleet.toml").write_text(text)
    with pytest.raises(BoardError, match=words):
        read_fleet(tmp_path / "fleet.toml")
    with pytest.raises(BoardError, match="nowhere.toml: cannot be read: No such file"):
        read_fleet(tmp_path / "nowhere.toml")


def test_a_fleet_file(tmp_path):
    assert read_fleet(fleet_file(tmp_path, ["/dev/a", "/dev/b"])) == [
        Watch(L4.name, "/dev/a"),
        Watch(L4.name, "/dev/b"),
    ]
