"""Test how ticktalk calls sftool. The command line of sftool is defined in sftool/src/cli.rs.

The program itself is not available, so a stand-in accepts only documented arguments and keeps the flash in a file.
Therefore, these tests cover only ticktalk's side.
"""

import random
import struct
import sys
from pathlib import Path

import pytest

from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError, ImageError, MissingToolError, VerifyError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.virtual.pty_device import SimulatedDevice

pytestmark = pytest.mark.usefixtures("home")
PT2 = load_board("pebble-time-2")
STAND_IN = """#!{python}
import argparse, os, sys
from pathlib import Path
parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("-c", "--chip", choices=["SF32LB52", "SF32LB55", "SF32LB56", "SF32LB57", "SF32LB58"], required=True)
parser.add_argument("-m", "--memory", choices=["nor", "nand", "sd"], default="nor")
parser.add_argument("-p", "--port", required=True)
parser.add_argument("-b", "--baud", type=int, default=1000000)
parser.add_argument("--before", choices=["default_reset", "no_reset", "no_reset_no_sync"])
parser.add_argument("--after", choices=["no_reset", "soft_reset"])
parser.add_argument("--connect-attempts", type=int)
parser.add_argument("-q", "--quiet", action="store_true")
commands = parser.add_subparsers(dest="command", required=True)
write = commands.add_parser("write_flash", allow_abbrev=False)
write.add_argument("--verify", action="store_true")
write.add_argument("-u", "--no-compress", action="store_true")
write.add_argument("-e", "--erase-all", action="store_true")
write.add_argument("files", nargs="+")
read = commands.add_parser("read_flash", allow_abbrev=False)
read.add_argument("files", nargs="+")
given = parser.parse_args()
os.close(os.open(given.port, os.O_RDWR | os.O_NOCTTY))
state = Path({state!r})
with open(state / "log", "a") as log:
    print(*sys.argv[1:], file=log)
if (state / "dead").exists():
    sys.exit("Error: Failed to connect\\n\\nCaused by:\\n    timed out")
flash = state / "flash"
for word in given.files:
    name, place = word.rsplit("@", 1)
    if given.command == "read_flash":
        address, size = (int(number, 0) for number in place.split(":"))
        Path(name).write_bytes(flash.read_bytes()[address - 0x12000000:][:size])
    else:
        content = bytearray(flash.read_bytes())
        data = Path(name).read_bytes()
        at = int(place, 0) - 0x12000000
        content[at:at + len(data)] = data
        flash.write_bytes(content)
        if (state / "worn").exists():
            sys.exit("Error: Failed to execute write_flash command\\n\\nCaused by:\\n    Verify failed")
"""


class Nobody:
    """A silent device. The stand-in does not use the serial port."""

    def feed(self, data: bytes) -> bytes:
        return b""

    def power_on(self) -> bytes:
        return b""


@pytest.fixture
def state(tmp_path, monkeypatch, quick):
    """Return the folder with the stand-in's flash contents and the faults that it simulates."""
    monkeypatch.setattr("ticktalk.boards.flash.running.START", 0.1)
    folder = tmp_path / "state of the stand-in"
    folder.mkdir()
    (folder / "flash").write_bytes(b"\xff" * 0x10_0000)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "sftool"
    program.write_text(STAND_IN.format(python=sys.executable, state=str(folder)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return folder


def binary(size: int = 50_000) -> bytes:
    return struct.pack("<II", PT2.ram.end, PT2.slot_address + 9) + random.Random(1).randbytes(size - 8)


def test_what_is_asked_of_sftool(state, file_of):
    with SimulatedDevice(Nobody()) as device:
        told = flash(file_of(binary()), PT2, device.path, speaks=False)
    asked = (state / "log").read_text().splitlines()
    assert [line.split(" ", 9)[:9] for line in asked] == [
        ["-c", "SF32LB52", "-p", device.path, "-b", "1000000", "--after", after, "-q"]
        for after in ("no_reset", "soft_reset")
    ]
    assert asked[0].split()[9:11][0] == "read_flash" and asked[0].endswith("@0x12020000:0x100")
    assert asked[1].split()[9:11] == ["write_flash", "--verify"] and asked[1].endswith("image.bin@0x12020000")
    assert (
        (state / "flash").read_bytes()[0x2_0000:][:50_000] == binary()
        and told["sent_bytes"] == 50_000
        and told["banner"] is None
    )


@pytest.mark.parametrize(
    "fault, error, words",
    [
        (
            "dead",
            DeviceError,
            "neither a boot loader nor ticktalk firmware responds; Connect the watch to its programming connector",
        ),
        ("worn", VerifyError, "sftool: Failed to execute write_flash command; Verify failed; flash again"),
    ],
)
def test_what_goes_wrong_is_told(state, file_of, fault, error, words):
    (state / fault).touch()
    with SimulatedDevice(Nobody()) as device, pytest.raises(error, match=f"^{device.path}: {words}"):
        flash(file_of(binary()), PT2, device.path, speaks=False)


def test_without_sftool_it_is_told_how_to_get_it(state, file_of, monkeypatch):
    monkeypatch.setenv("PATH", str(state))
    with (
        SimulatedDevice(Nobody()) as device,
        pytest.raises(MissingToolError, match="sftool is not installed: cargo install sftool") as caught,
    ):
        flash(file_of(binary()), PT2, device.path, speaks=False)
    assert caught.value.exit_code == 10 and Path(device.path).parent != state


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "0 bytes, but an image for pebble-time-2 has 8"),
        (b"\xff" * 100, "initial stack pointer 0xffffffff is not in"),
        (
            struct.pack("<II", PT2.ram.end, 0x101) + bytes(100),
            "reset handler 0x101 is not in pebble-time-2's slot at 0x12020000",
        ),
    ],
)
def test_a_binary_that_is_none_for_this_board(data, words):
    with pytest.raises(ImageError, match=words):
        plan(data, PT2)
