"""Test UF2 files against Microsoft's tools, and flashing through a boot loader's drive, simulated by a folder."""

import binascii
import hashlib
import json
import random
import struct
import time

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import TESTS
from tests.support.uf2_board import Board
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError, ImageError, VerifyError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images.formats import read_image_file, uf2_of
from ticktalk.boards.images.uf2 import FAMILIES, read_uf2, write_uf2
from ticktalk.boards.protocols.uf2 import drive
from ticktalk.boards.virtual.pty_device import SimulatedDevice

pytestmark = pytest.mark.usefixtures("home")
PICO = load_board("pico")
FACTS = json.loads((TESTS / "data" / "uf2" / "facts.json").read_text())


def mirrored(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def stage() -> bytes:
    """Return a second boot stage of random code. The CRC is computed as in pico-sdk's pad_checksum."""
    code = random.Random(1).randbytes(252)
    crc = binascii.crc32(bytes(mirrored(byte, 8) for byte in code)) ^ 0xFFFF_FFFF
    return code + mirrored(crc, 32).to_bytes(4, "little")


def image(build: str = "b" * 64) -> bytes:
    """Return the image of firmware that consists of a second stage, vectors, a banner and random code."""
    banner = f"product=ticktalk\nprotocol=1\nboard=pico\nbuild={build}\nvoice={'c' * 64}\n\0".encode()
    return stage() + struct.pack("<II", PICO.ram.end, 0x1000_0109) + banner + random.Random(2).randbytes(30_000)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Return the folder below which drives are mounted."""
    (tmp_path / "media").mkdir()
    monkeypatch.setattr(drive, "MOUNTS", tmp_path / "no mounts")
    monkeypatch.setattr(drive, "PLACES", (str(tmp_path / "media" / "*"),))
    monkeypatch.setattr(drive, "RESTART", 1.0)
    return tmp_path / "media"


def test_the_families_are_those_of_microsofts_list():
    listed = FACTS["families"]
    assert {"rp2040": listed["RP2040"], "rp2350": listed["RP2350_ARM_S"], "nrf52840": listed["NRF52840"]} == {
        chip: f"{number:#010x}" for chip, number in FAMILIES.items()
    }
    assert PICO.uf2.family == FAMILIES["rp2040"]


def test_a_file_is_the_one_that_microsofts_converter_writes():
    data = random.Random(2040).randbytes(3 * 4096)
    file = write_uf2(data, 0x1000_0000, FAMILIES["rp2040"], 4096)
    assert hashlib.sha256(file).hexdigest() == FACTS["converted"]["sha256"]
    assert read_uf2(file).data == data and read_uf2(file).address == 0x1000_0000


def test_a_file_covers_whole_pages_and_its_blocks_may_come_in_any_order():
    file = write_uf2(b"\x01" * 5000, 0x1000_0000, 7, 4096)
    blocks = [file[at : at + 512] for at in range(0, len(file), 512)]
    random.Random(3).shuffle(blocks)
    read = read_uf2(b"".join(blocks))
    assert read.data == b"\x01" * 5000 + b"\xff" * 3192 and read.family == 7


def changed(file: bytes, at: int, value: int) -> bytes:
    return file[:at] + struct.pack("<I", value) + file[at + 4 :]


@pytest.mark.parametrize(
    "damage, words",
    [
        (lambda file: b"", "not a second boot stage with its CRC"),
        (lambda file: file[:-1], "it is truncated"),
        (lambda file: file[:-512], "31 blocks of 32; the file is incomplete"),
        (lambda file: file[512:], "31 blocks of 32; the file is incomplete"),
        (lambda file: file + file[:512], "repeats address 0x10000000"),
        (lambda file: changed(file, 512, 0), "byte 512 is not a UF2 block"),
        (lambda file: changed(file, 1020, 0), "byte 512 is not a UF2 block"),
        (lambda file: changed(file, 8, 0), "byte 0 names no chip family"),
        (lambda file: changed(file, 16, 477), "byte 0 is damaged"),
        (lambda file: changed(file, 16, 0), "byte 0 is damaged"),
        (lambda file: changed(file, 12, 0x1001_0000), "leave a gap or overlap"),
        (lambda file: changed(file, 16, 300), "leave a gap or overlap"),
        (lambda file: changed(file, 28, FAMILIES["nrf52840"]), "2 chip families instead of one"),
        (lambda file: write_uf2(image(), 0x1000_0000, FAMILIES["nrf52840"]), "chips of family 0xada52840"),
        (lambda file: write_uf2(image(), 0x1000_1000, PICO.uf2.family), "starts at 0x10001000, but pico's slot"),
        (lambda file: uf2_of(image()[1:], PICO), "not a second boot stage with its CRC"),
        (lambda file: uf2_of(stage() + bytes(100), PICO), "initial stack pointer 0x0 is not in pico's RAM"),
        (lambda file: image()[:260], "260 bytes, but an image for pico has 8 to"),
        (lambda file: stage() + struct.pack("<II", PICO.ram.end, 0x101), "reset handler 0x101 is not in pico's slot"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused(file_of, damage, words):
    whole = write_uf2(image(), PICO.slot_address, PICO.uf2.family, PICO.page_size)
    path = file_of(damage(whole[:16384].replace(struct.pack("<I", 128), struct.pack("<I", 32))))
    with pytest.raises(ImageError, match=words):
        plan(read_image_file(path, PICO), PICO)


def test_an_image_is_copied_to_the_drive_that_names_the_board(places, file_of):
    with Board(places / "RPI-RP2") as pico, Board(places / "other", board_id="nRF52840-XIAO", takes=False) as other:
        pico.mount(), other.mount()
        result = flash(file_of(image()), PICO)
    assert pico.flash.startswith(image()) and not set(pico.flash[len(image()) :]) - {0xFF}
    assert result["port"] == str(places / "RPI-RP2") and result["sent_bytes"] == len(image())
    assert "accepted every block and restarted" in result["verified"] and not result["proven"]


def test_the_running_firmware_enters_the_boot_loader_and_proves_the_new_image(places, file_of, quick):
    with Board(places / "RPI-RP2") as pico, SimulatedDevice(pico) as device:
        pico.mount()
        flash(file_of(uf2_of(image(), PICO)), PICO, device.path)
        result = flash(file_of(image("d" * 64)), PICO, device.path)
    assert pico.pressed == 1 and result["proven"] and result["before"]["from"] == "application"
    assert result["banner"]["build"] == "d" * 64 and pico.flash.startswith(image("d" * 64))


def test_without_a_drive_the_file_is_kept_and_it_is_said_what_to_press(places, file_of):
    with pytest.raises(
        DeviceError, match="Hold BOOTSEL while.* Then run the command again, or copy .*pico.uf2 to the drive"
    ) as caught:
        flash(file_of(image()), PICO)
    kept = str(caught.value).split("or copy ")[1].split(" to the drive")[0]
    with open(kept, "rb") as file:
        assert read_uf2(file.read()).data.startswith(image())


def test_two_boards_in_their_boot_loaders_are_told_apart_by_their_folders(places, file_of):
    with Board(places / "1") as one, Board(places / "2") as two, Board(places / "3", board_id="RP2350") as third:
        one.mount(), two.mount(), third.mount()
        with pytest.raises(
            DeviceError, match="several boards are in their boot loaders; choose one with --port: .*1, .*2"
        ):
            flash(file_of(image()), PICO)
        with pytest.raises(DeviceError, match="3: this drive belongs to board RP2350, not RPI-RP2"):
            flash(file_of(image()), PICO, str(places / "3"))
        flash(file_of(image()), PICO, str(places / "2"))
    assert two.flash and not one.flash


def test_a_drive_that_stays_has_not_accepted_the_file(places, file_of):
    with Board(places / "RPI-RP2", takes=False) as pico:
        pico.mount()
        with pytest.raises(VerifyError, match="RPI-RP2: the boot loader has not accepted the file"):
            flash(file_of(image()), PICO)


def test_a_full_drive_is_told(places, file_of):
    pico = Board(places / "RPI-RP2")
    pico.mount()
    (pico.folder / "ticktalk.uf2").mkdir()  # cannot be written
    with pytest.raises(DeviceError, match="RPI-RP2: cannot write the file: Is a directory"):
        flash(file_of(image()), PICO)


def test_mounts_with_spaces_are_found(tmp_path, places, monkeypatch):
    pico = Board(tmp_path / "my disk")
    pico.mount()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 {str(pico.folder).replace(' ', chr(92) + '040')} vfat rw 0 0\n")
    monkeypatch.setattr(drive, "MOUNTS", mounts)
    assert drive.find_drive(PICO).path == pico.folder


def test_the_command_line_copies_and_says_that_nothing_proves_it(tmp_path, file_of):
    with Board(tmp_path / "drive") as pico:
        pico.mount()
        path = file_of(uf2_of(image(), PICO), "firmware.uf2")
        started = time.monotonic()
        done = ticktalk("flash", "--board", "pico", "--image", path, "--port", pico.folder, cache=tmp_path)
    assert done.returncode == 13 and "NOT PROVEN" in done.stdout and time.monotonic() - started < 100
    assert "specify --port" in done.stdout and pico.flash.startswith(image())
    assert_refused(
        ticktalk("export", "--board", "qemu-m4", "--uf2", "-o", tmp_path / "out", cache=tmp_path),
        5,
        "qemu-m4.toml: no [uf2] table",
    )
