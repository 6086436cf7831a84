"""Test every emulated board end to end: flash it, boot it in QEMU and check its banner.

Further tests cover an independent client and injected faults.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.watch_firmware import BUILD, VOICE, firmware
from ticktalk.boards.attach import attach
from ticktalk.boards.board import load_board
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import DeviceError, ImageError, VerifyError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.flash.identifying import identify
from ticktalk.boards.flash.planning import loader_of
from ticktalk.boards.images.mcuboot import make_image, read_image
from ticktalk.boards.ports import open_port
from ticktalk.boards.protocols.smp.client import SmpClient
from ticktalk.boards.virtual.qemu_watch import VirtualWatch

M4 = load_board("qemu-m4")
MUTE = b"\x00\x00\x04\x20\x09\x02\x01\x00\xfe\xe7"  # stack pointer, reset handler and an endless loop


def wait_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "time-out while waiting"
        time.sleep(0.01)


@pytest.fixture
def image_file(tmp_path):
    """Return a function that writes an image and returns its path."""

    def write(image, name="image.bin"):
        path = tmp_path / name
        path.write_bytes(image)
        return path

    return write


@pytest.fixture(scope="module")
def image():
    return make_image(firmware(M4, padding=50_000), M4, "1.0.0")


@pytest.mark.parametrize("name", ["qemu-m4", "qemu-m33", "qemu-m55"])
def test_flash_and_power_cycle(tmp_path, image_file, name):
    """A full-size image is flashed, runs, and survives a power cycle."""
    board = load_board(name)
    image = make_image(firmware(board, padding=1_300_000), board)
    seen, lines = [], []
    result = flash(
        image_file(image),
        board,
        flash_file=tmp_path / "flash",
        expect={"build": BUILD, "voice": VOICE},
        progress=lambda done, total: seen.append((done, total)),
        log=lines.append,
    )
    assert result["emulated"] and result["bytes"] == len(image) and result["resent"] == 0
    assert result["hash"] == read_image(image).hash.hex()
    assert result["banner"]["board"] == name
    assert seen[-1] == (len(image), len(image)) and seen == sorted(seen)
    assert any("booting 0.1.0" in line for line in lines)
    assert (tmp_path / "flash").read_bytes()[: len(image)] == image
    with attach(board, flash_file=tmp_path / "flash") as port:
        console = Console(port)
        assert console.hello(10)["build"] == BUILD
        assert len(console.speak([1, 2, 3]).pcm) == 600


@pytest.mark.parametrize("name", ["qemu-m4", "qemu-m33", "qemu-m55"])
def test_the_counter_counts_the_same_every_time(tmp_path, name):
    board = load_board(name)
    image = make_image(firmware(board), board)
    (tmp_path / "flash").write_bytes(image + b"\xff" * (board.slot_size - len(image)))
    counts = []
    for _ in range(2):
        with attach(board, flash_file=tmp_path / "flash") as port:
            console = Console(port)
            console.hello(10)
            counts.append(console.speak([0, 1]).instructions)
    # Counts depend on the phase of the free-running counter at the start of a request, so they may differ by one tick.
    assert counts[0] > 1000 and abs(counts[0] - counts[1]) <= 1


def test_smpclient_flashes_the_watch(tmp_path, image):
    """PyPI's smpclient, which shares no code with ticktalk, uploads and starts an image."""
    from smpclient import SMPClient
    from smpclient.generics import error_v1, success
    from smpclient.requests.image_management import ImageStatesRead
    from smpclient.requests.os_management import EchoWrite, MCUMgrParametersRead, ResetWrite
    from smpclient.transport.serial import SMPSerialTransport

    async def session(port):
        async with SMPClient(SMPSerialTransport(), port, timeout_s=5) as client:
            answer = await client.request(EchoWrite(d="hello"))
            assert success(answer) and answer.r == "hello"
            answer = await client.request(MCUMgrParametersRead())
            assert success(answer) and (answer.buf_size, answer.buf_count) == (1024, 1)
            answer = await client.request(ImageStatesRead())
            assert success(answer) and answer.images == []
            offsets = [offset async for offset in client.upload(image)]
            assert offsets[-1] == len(image) and offsets == sorted(offsets)
            answer = await client.request(ImageStatesRead())
            assert success(answer)
            assert [(i.slot, i.version, bytes(i.hash)) for i in answer.images] == [(0, "1.0.0", read_image(image).hash)]
            answer = await client.request(ResetWrite())
            assert error_v1(answer) and answer.rc == 0  # smpclient parses MCUboot's {"rc": 0} as an error of this type

    with VirtualWatch(M4, tmp_path / "flash") as watch:
        asyncio.run(session(watch.port))
        wait_for(lambda: watch.state == "running")
        with open_port(watch.port, 115200) as port:
            assert Console(port).hello(10)["name"] == "tiny"


def test_a_running_firmware_is_sent_into_the_boot_loader_first(tmp_path, image_file, image):
    file = image_file(image)
    with VirtualWatch(M4, tmp_path / "flash") as watch:
        assert flash(file, M4, watch.port)["before"]["from"] == "boot loader"
        assert watch.state == "running"
        newer = image_file(make_image(firmware(M4, name="newer"), M4, "1.1.0"), "newer.bin")
        result = flash(newer, M4, watch.port)
        assert result["before"]["from"] == "application" and result["banner"]["name"] == "newer"
        assert not result["emulated"] and result["port"] == watch.port


@pytest.mark.parametrize("offset", [0, 700, 20_000, -40, -1])
def test_a_flipped_bit_is_never_booted(tmp_path, image, offset):
    damaged = bytearray(image)
    damaged[offset] ^= 0x10
    lines = []
    with VirtualWatch(M4, tmp_path / "flash", log=lines.append) as watch, open_port(watch.port, 115200) as port:
        client = SmpClient(port)
        client.upload(bytes(damaged))
        assert client.images() == []
        client.reset()
        wait_for(lambda: any(line.startswith("not booting: flash:") for line in lines))
        assert watch.state == "recovery" and client.echo("here") == "here"


def test_flash_refuses_a_damaged_image_before_it_touches_the_watch(tmp_path, image_file, image):
    damaged = image[:900] + b"\x00" + image[901:]
    with pytest.raises(ImageError, match="image.bin: SHA-256 does not match"):
        flash(image_file(damaged), M4, flash_file=tmp_path / "flash")
    with pytest.raises(ImageError, match="nowhere.bin: cannot read the image"):
        flash(tmp_path / "nowhere.bin", M4, flash_file=tmp_path / "flash")
    assert not (tmp_path / "flash").exists()


def test_flash_cells_that_hold_something_else_are_found(tmp_path, image_file, image, monkeypatch):
    """The upload succeeds and all responses are valid, but `flash` must not report success."""
    from ticktalk.boards.virtual.nor_flash import VirtualFlash

    program = VirtualFlash.program

    def weak(self, offset, data):
        program(self, offset, bytes([data[0] ^ 1]) + data[1:] if 20_000 < offset < 21_000 else data)

    monkeypatch.setattr(VirtualFlash, "program", weak)
    with pytest.raises(VerifyError, match="holds no valid image after the upload") as caught:
        flash(image_file(image), M4, flash_file=tmp_path / "flash")
    assert caught.value.exit_code == 9


def test_a_firmware_that_does_not_speak_is_no_success(tmp_path, image_file, monkeypatch):
    monkeypatch.setattr("ticktalk.boards.flash.running.START", 1.0)
    with pytest.raises(VerifyError, match="hash is correct, but no banner arrived within 1 s of the reset"):
        flash(image_file(make_image(MUTE, M4)), M4, flash_file=tmp_path / "flash")


def test_a_firmware_that_crashes_falls_back_into_the_boot_loader(tmp_path):
    lines = []
    with VirtualWatch(M4, tmp_path / "flash", log=lines.append) as watch, open_port(watch.port, 115200) as port:
        client = SmpClient(port)
        client.upload(make_image(MUTE[:8] + b"\x00\xde", M4))  # an undefined instruction, for which there is no handler
        client.reset()
        wait_for(lambda: any(line.startswith("the firmware crashed:") for line in lines))
        assert client.echo("again") == "again" and len(client.images()) == 1


def test_another_voice_than_expected_is_no_success(tmp_path, image_file, image):
    with pytest.raises(VerifyError, match="reports voice cccccccccccccccc instead of dddddddddddddddd; flash again"):
        flash(image_file(image), M4, flash_file=tmp_path / "flash", expect={"voice": "d" * 64})


def test_the_wrong_board_on_the_port_is_refused_and_left_running(tmp_path, image_file, image):
    other = load_board("qemu-m33")
    flash(image_file(image), M4, flash_file=tmp_path / "flash")
    with VirtualWatch(M4, tmp_path / "flash") as watch:
        file = image_file(make_image(firmware(other), other), "other.bin")
        with pytest.raises(
            DeviceError, match="the device is a qemu-m4, not a qemu-m33; choose another --port or --board"
        ):
            flash(file, other, watch.port)
        with open_port(watch.port, 115200) as port:
            assert Console(port).hello()["board"] == "qemu-m4"


def test_a_silent_port_is_told(monkeypatch):
    monkeypatch.setattr("ticktalk.boards.flash.identifying.IDENTIFY", 1.0)
    monkeypatch.setattr("ticktalk.boards.flash.identifying.PROBE", 0.1)
    master, slave = os.openpty()
    with open_port(os.ttyname(slave), 115200) as port:
        with pytest.raises(DeviceError, match="neither a boot loader nor ticktalk firmware responds"):
            identify(port, M4, loader_of(M4, port))
    os.close(slave), os.close(master)


def test_a_power_cut_in_the_middle_of_an_upload(tmp_path, image_file, image):
    """An incomplete image does not boot, and the next attempt succeeds."""

    class Cut(Exception):
        pass

    def cut(done, total):
        if done > total // 2:
            raise Cut

    file = image_file(image)
    with pytest.raises(Cut):
        flash(file, M4, flash_file=tmp_path / "flash", progress=cut)
    with VirtualWatch(M4, tmp_path / "flash") as watch, open_port(watch.port, 115200) as port:
        assert SmpClient(port).images() == [] and watch.state == "recovery"
    assert flash(file, M4, flash_file=tmp_path / "flash")["banner"]["name"] == "tiny"


def test_one_flash_has_one_watch(tmp_path):
    with VirtualWatch(M4, tmp_path / "flash"):
        with pytest.raises(DeviceError, match="another virtual watch is using this flash"):
            VirtualWatch(M4, tmp_path / "flash")
    (tmp_path / "short").write_bytes(bytes(10))
    with pytest.raises(DeviceError, match="10 bytes, but this board's flash has 1703936"):
        VirtualWatch(M4, tmp_path / "short")


def test_plan_says_what_goes_where(image):
    planned = plan(image, M4)
    assert (planned["protocol"], planned["address"], planned["bytes"]) == ("smp", M4.secondary_address, len(image))
    assert [part["bytes"] for part in planned["regions"]] == [len(image)]
    assert 4 < planned["seconds"] < 10  # 52 kB at 11,520 bytes per second, plus a third for base64


def children(pid: int) -> list[int]:
    """Return the IDs of the child processes of all threads of `pid`."""
    return [int(c) for task in Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("signal_number, code", [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)])
def test_the_program_ends_cleanly_and_takes_qemu_along(tmp_path, image, signal_number, code):
    flash_file = tmp_path / "flash"
    flash_file.write_bytes(image + b"\xff" * (M4.slot_size - len(image)))
    program = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ticktalk.boards.virtual.qemu_watch",
            "--board",
            "qemu-m4",
            "--flash-file",
            str(flash_file),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        path = program.stdout.readline().strip()
        with open_port(path, 115200) as port:
            assert Console(port).hello(10)["name"] == "tiny"
        qemu = children(program.pid)
        assert len(qemu) == 1 and "qemu-system-arm" in Path(f"/proc/{qemu[0]}/cmdline").read_text()
        program.send_signal(signal_number)
        assert program.wait(10) == code
        wait_for(lambda: not alive(qemu[0]))
    finally:
        program.kill()
        program.communicate()


def test_the_programs_errors_are_one_line():
    out = subprocess.run(
        [sys.executable, "-m", "ticktalk.boards.virtual.qemu_watch", "--board", "qemu-m5"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (
        out.returncode == 5
        and out.stderr.startswith("error: no board 'qemu-m5', did you mean")
        and out.stderr.count("\n") == 1
    )


def test_a_watch_nobody_listens_to_can_be_switched_off(tmp_path, image):
    """Even if the firmware has sent more bytes than the line can hold, the watch can be switched off, and QEMU
    exits."""
    flash_file = tmp_path / "flash"
    flash_file.write_bytes(image + b"\xff" * (M4.slot_size - len(image)))
    with VirtualWatch(M4, flash_file) as watch:
        with open_port(watch.port, 115200) as port:
            console = Console(port)
            console.hello(10)
            console._ask(2, bytes(5) + bytes(1000))  # 200 kB of samples that nobody reads
            time.sleep(0.5)
        busy = time.process_time()
        time.sleep(0.5)
        assert time.process_time() - busy < 0.3  # the watch does not busy-wait
        started = time.monotonic()
        watch.close()
        assert time.monotonic() - started < 15 and watch.state == "off"
