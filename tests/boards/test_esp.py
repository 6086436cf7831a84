"""Test the ROM boot loader of the ESP32-S3.

The tests cover its strict checks, `flash` with the real esptool, images, injected faults, and a missing esptool.
"""

import importlib.util
import json
import re
import struct
import subprocess
import sys
import time
from dataclasses import replace
from functools import reduce
from hashlib import md5, sha256
from operator import xor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.esp_application import application
from tests.support.flashing import Update, fault_scripts, survive
from tests.support.paths import ROOT
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError, ImageError, MissingToolError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images.formats import check_image, parts_of
from ticktalk.boards.virtual.bootloaders import esp
from ticktalk.boards.virtual.bootloaders.esp import EspRom, Frames, esp_watch, frame
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.boards.virtual.pty_device import SimulatedDevice
from ticktalk.system.installing import pip_install

pytestmark = pytest.mark.usefixtures("home")
S3 = load_board("t-watch-s3")
esptool = pytest.mark.skipif(not importlib.util.find_spec("esptool"), reason="pip install 'ticktalk[esp]'")
SMALL = replace(
    S3, name="t-watch-s3", slot_size=0x8_0000, memories=(replace(S3.flash, size=0x10_0000), *S3.memories[1:])
)


IMAGE = application(4000)


def command(rom, code, data=b"", check=0):
    """Return (value, data, status, error) for each response to a command."""
    answers = Frames().feed(rom.feed(frame(struct.pack("<BBHI", 0, code, len(data), check) + data)))
    return [(struct.unpack_from("<I", a, 4)[0], a[8:-4], *a[-4:-2]) for a in answers]


def status(rom, code, data=b"", check=0):
    [answer] = command(rom, code, data, check)
    return answer[2:]


def block(code, data, sequence):
    return code, struct.pack("<IIII", len(data), sequence, 0, 0) + data, reduce(xor, data, 0xEF)


@pytest.fixture
def rom(tmp_path):
    flash = VirtualFlash(tmp_path / "flash", 0x10_0000, 4096, 1)
    yield EspRom(SMALL, flash, protected=range(4))
    flash.close()


def test_the_rom_is_strict(rom):
    ok, read = (0, 0), lambda address: command(rom, esp.READ_REG, struct.pack("<I", address))[0][0]
    assert rom.feed(frame(struct.pack("<BBHI", 0, 10, 4, 0) + bytes(4))) == b""  # silent until synchronised
    assert len(command(rom, esp.SYNC, esp.HELLO)) == 8
    assert read(0x6000_7044) == 0xA1010203 and struct.unpack_from("<I", command(rom, esp.SECURITY_INFO)[0][1], 12) == (
        9,
    )
    begin = struct.pack("<IIIII", 8192, 8, 1024, 0x1_0000, 0)
    assert status(rom, esp.FLASH_BEGIN, begin) == (1, esp.FAILED)  # no flash has been attached
    assert status(rom, esp.SPI_ATTACH, bytes(8)) == ok
    assert status(rom, esp.SPI_SET_PARAMS, struct.pack("<6I", 0, 0x10_0000, 0x1_0000, 4096, 256, 0xFFFF)) == ok
    assert status(rom, esp.FLASH_BEGIN, begin) == ok and status(rom, *block(esp.FLASH_DATA, b"a" * 1024, 0)) == ok
    assert status(rom, *block(esp.FLASH_DATA, b"a" * 1024, 0)) == (1, esp.FAILED)  # the same block is sent once more
    code, data, check = block(esp.FLASH_DATA, b"b" * 1024, 1)
    assert status(rom, code, data, check ^ 1) == (1, esp.BAD_CHECKSUM) and status(rom, code, data, check) == ok
    assert status(rom, *block(esp.FLASH_DATA, b"b" * 1025, 2)) == (1, esp.BAD_LENGTH)
    assert status(rom, *block(esp.DEFLATED_DATA, b"b" * 1024, 2)) == (1, esp.FAILED)
    assert (
        command(rom, esp.MD5, struct.pack("<IIII", 0x1_0000, 2048, 0, 0))[0][1]
        == md5(b"a" * 1024 + b"b" * 1024).hexdigest().encode()
    )
    assert status(rom, esp.MD5, struct.pack("<IIII", 0xF_FFFF, 2, 0, 0)) == (1, esp.FAILED)
    assert status(rom, esp.FLASH_BEGIN, struct.pack("<IIIII", 4096, 4, 1024, 0x3000, 0)) == (
        1,
        esp.WRITE_ERROR,
    )  # protected
    assert status(rom, esp.FLASH_BEGIN, struct.pack("<IIIII", 4096, 4, 1024, 0x1_0100, 0)) == (1, esp.FAILED)
    assert status(rom, esp.DEFLATED_BEGIN, begin) == ok and status(rom, *block(esp.DEFLATED_DATA, b"none", 0)) == (
        1,
        esp.INFLATE_ERROR,
    )
    assert status(rom, 5) == (1, esp.MALFORMED) and status(rom, esp.FLASH_END, b"1") == (1, esp.BAD_LENGTH)
    assert rom.feed(b"\xc0\0\xc0" + bytes(100_000) + b"\xc0" + bytes(7) + b"\xc0") == b""  # noise is ignored
    assert status(rom, esp.FLASH_END, bytes(4)) == ok and rom.reset_requested


def test_an_application_is_read(tmp_path):
    about = check_image(application(), SMALL)
    assert (about.version, about.size) == ("1.2.3", len(application()))
    if importlib.util.find_spec("esptool"):
        (tmp_path / "app.bin").write_bytes(application())
        told = subprocess.run(
            [sys.executable, "-m", "esptool", "image-info", tmp_path / "app.bin"], capture_output=True, text=True
        ).stdout
        assert "ESP32-S3" in told and "1.2.3" in told and "Validation hash" in told and "(valid)" in told
        assert "invalid" not in told and about.hash.hex() in told


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(IMAGE) * 8 - 1))
def test_any_flipped_bit_is_found(bit):
    damaged = bytearray(IMAGE)
    damaged[bit // 8] ^= 1 << bit % 8
    try:
        check_image(bytes(damaged), SMALL)
    except ImageError:
        return
    assert bit // 8 == 23  # the hash flag; if it is cleared, only the checksum is checked


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(IMAGE)))
def test_no_bytes_make_the_reader_fail_otherwise(junk, cut):
    for data in (junk, IMAGE[:cut] + junk if cut < len(IMAGE) else junk, b"\xe9" + junk):
        with pytest.raises(ImageError):
            check_image(data, SMALL)


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "not an ESP application image: it starts with nothing, not e9; for t-watch-s3, specify the app.bin"),
        (application(chip=0), "built for esp32, but t-watch-s3 has esp32s3"),
        (application(0x8_0000), "too big for t-watch-s3: .* the slot holds 524288"),
    ],
)
def test_an_image_that_is_none_for_this_board(data, words):
    with pytest.raises(ImageError, match=words):
        plan(data, SMALL)


def test_the_plan():
    planned = plan(application(), S3)
    assert (
        [part["address"] for part in planned["regions"]] == [0x4201_0000, 0x4202_0000]
        and planned["in_place"]
        and planned["seconds"] > 1
    )


@esptool
def test_flash_and_flash_again(tmp_path, file_of):
    """The image is flashed by esptool from PyPI.

    If only the end of an image has changed, only the last region is sent.
    """
    old, steps = application(200_000), []
    new = bytearray(old)
    new[199_000] ^= 0xFF  # in the last region, which also holds the checksum and the hash
    new[-33] ^= 0xFF
    new[-32:] = sha256(bytes(new[:-32])).digest()
    watch = esp_watch(SMALL, tmp_path)
    with SimulatedDevice(watch) as device:
        first = flash(file_of(old), SMALL, device.path, progress=lambda done, total: steps.append(done), speaks=False)
        assert first["before"]["id"] == "7c:df:a1:01:02:03" and first["skipped"] == []
        assert first["verified"] == "the ROM's MD5 of the whole image in flash is correct"
        assert (
            first["banner"]["kind"] == "simulated"
            and steps == sorted(steps)
            and len(steps) > 50
            and steps[-1] == len(old)
        )
        assert watch.loader.primary.read(0, len(old)) == old
        watch.power_on()
        erased = watch.flash.erased
        second = flash(file_of(bytes(new)), SMALL, device.path)
        assert second["skipped"] == ["0 KiB", "64 KiB", "128 KiB"] and second["wire_bytes"] < 0.1 * first["wire_bytes"]
        assert watch.flash.erased - erased <= 0x3000 and watch.loader.primary.read(0, len(new)) == new
    assert [len(parts_of(old, SMALL)), second["sent_bytes"]] == [4, len(new) - 0x3_0000]
    watch.flash.close()


@esptool
def test_another_chip_a_small_flash_and_a_protected_one(tmp_path, quick, file_of, monkeypatch):
    file = file_of(application())
    watch = esp_watch(SMALL, tmp_path, chip=5)
    with (
        SimulatedDevice(watch) as device,
        pytest.raises(DeviceError, match="the chip is an ESP32-C3, not an ESP32-S3; choose another"),
    ):
        flash(file, SMALL, device.path)
    watch.flash.close()
    monkeypatch.setattr(esp, "FLASH_ID", 0x1540EF)
    watch = esp_watch(S3, tmp_path / "other")
    with (
        SimulatedDevice(watch) as device,
        pytest.raises(DeviceError, match="the chip has 2MB of flash, but t-watch-s3 has 16 MB; choose another --board"),
    ):
        flash(file, S3, device.path)
    assert watch.flash.erased == 0
    watch.flash.close()


@esptool
def test_a_chip_that_is_silent(tmp_path, quick, file_of):
    class Silent:
        def feed(self, data):
            return b""

        def power_on(self):
            return b""

    with (
        SimulatedDevice(Silent()) as device,
        pytest.raises(DeviceError, match="neither a boot loader nor ticktalk firmware responds; Hold BOOT"),
    ):
        flash(file_of(application()), SMALL, device.path)


@esptool
@pytest.mark.parametrize("script", ["unplug@60000:50", "write-cut@40"])
def test_what_goes_wrong_ends_well_the_second_time(tmp_path, file_of, script):
    """If esptool cannot recover by retransmitting, the update fails with a clear error, and succeeds when repeated."""
    faults = Faults()
    watch = esp_watch(SMALL, tmp_path, faults)
    faults.__init__(parse(script))
    file = file_of(application())
    with SimulatedDevice(watch, faults) as device:
        try:
            flash(file, SMALL, device.path, speaks=False)
        except DeviceError as error:
            assert str(error).startswith(device.path) and "\n" not in str(error) and error.exit_code == 8
            time.sleep(0.1)
            watch.power_on()
            flash(file, SMALL, device.path, speaks=False)
    assert watch.loader.primary.read(0, len(application())) == application()
    watch.flash.close()


@esptool
def test_an_update_can_always_be_repeated(tmp_path, quick):
    """A fault during an in-place update may destroy the application, but the ROM remains intact."""
    survive(
        Update(SMALL, esp_watch, application(30_000, 1), application(30_000, 2)),
        tmp_path,
        fault_scripts(31_000),
        bricks=True,
    )


def test_without_esptool_it_is_told_how_to_get_it(tmp_path, file_of, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    words = re.escape(f"esptool is not installed: {pip_install('esp')}")
    with SimulatedDevice(esp_watch(SMALL, tmp_path)) as device, pytest.raises(MissingToolError, match=words):
        flash(file_of(application()), SMALL, device.path)


@esptool
def test_the_command_line_flashes_a_simulated_board(tmp_path, file_of):
    device = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ticktalk.boards.virtual.bootloader_watch",
            "--board",
            S3.name,
            "--folder",
            str(tmp_path / "chip"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        port = device.stdout.readline().strip()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ticktalk",
                "flash",
                "--board",
                S3.name,
                "--image",
                str(file_of(application())),
                "--port",
                port,
                "--json",
            ],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["before"]["flash_bytes"] == 1 << 24
    finally:
        device.terminate()
        device.communicate()
