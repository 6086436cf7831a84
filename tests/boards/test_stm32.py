"""Test the STM32's ROM boot loader.

The tests cover its strict checks, `flash`, stm32flash as an independent client, and injected faults.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import serial

from tests.support.flashing import RUNS, VOICE, cut_scripts, fault_scripts, survive, update_of
from tests.support.paths import ROOT
from tests.support.watch_firmware import voiced
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.mcuboot import make_image, read_image
from ticktalk.boards.images.regions import regions
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.protocols.stm32.client import Stm32Client
from ticktalk.boards.virtual.bootloaders.stm32 import Stm32Rom, stm32_watch
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.boards.virtual.pty_device import SimulatedDevice

U5, L4 = load_board("stm32u5a9j-dk"), load_board("nucleo-l4r5zi")
BASE = U5.flash.address
pytestmark = pytest.mark.usefixtures("home")
ACK, NACK = b"\x79", b"\x1f"


def check(data: bytes) -> bytes:
    value = 0
    for byte in data:
        value ^= byte
    return data + bytes([value])


@pytest.fixture
def rom(tmp_path):
    flash = VirtualFlash(tmp_path / "flash", 0x2_0000, 8192, 16)
    board = replace(U5, memories=(replace(U5.flash, size=0x2_0000), *U5.memories[1:]))
    yield Stm32Rom(board, flash, protected=range(2))
    flash.close()


def write(address, data):
    return b"\x31\xce", check(address.to_bytes(4, "big")), check(bytes([len(data) - 1]) + data)


def erase(*pages):
    return b"\x44\xbb", check((len(pages) - 1).to_bytes(2, "big") + b"".join(p.to_bytes(2, "big") for p in pages))


def tell(rom, *parts):
    """Send the parts one by one, and return all of the responses."""
    return b"".join(map(rom.feed, parts))


def test_the_rom_says_what_the_application_note_says(rom):
    assert rom.feed(b"\x00\xff\x01") == b"" and rom.feed(b"\x7f") == ACK  # ignored until the baud rate is known
    assert rom.feed(b"\x7f") == b"" and rom.feed(b"\x7f") == NACK  # 0x7f is now a command that lacks its complement
    assert rom.feed(b"\x00\xff") == ACK + b"\x07\x31\x00\x01\x02\x11\x21\x31\x44" + ACK
    assert rom.feed(b"\x02\xfd") == ACK + b"\x01\x04\x81" + ACK
    assert rom.feed(b"\x99\x66") == NACK and rom.feed(b"\x02\xfc") == NACK
    page = BASE + 2 * 8192
    assert tell(rom, *write(page, bytes(range(32)))) == 3 * ACK
    assert tell(rom, b"\x11\xee", check(page.to_bytes(4, "big")), b"\x0f\xf0") == 3 * ACK + bytes(range(16))
    assert tell(rom, *write(page, bytes(range(32)))) == 2 * ACK + NACK  # not erased
    assert tell(rom, *erase(2)) == 2 * ACK and tell(rom, *write(page, b"\xaa" * 256)) == 3 * ACK
    assert tell(rom, *write(page + 256 + 4, b"abcd")) == 2 * ACK + NACK  # not word-aligned
    assert tell(rom, *write(page + 256, b"abc")) == 2 * ACK + NACK  # not whole 32-bit words
    assert tell(rom, *write(BASE, b"abcd" * 4)) == 2 * ACK + NACK  # protected
    assert tell(rom, *erase(1)) == ACK + NACK and tell(rom, *erase(16)) == ACK + NACK
    assert tell(rom, b"\x44\xbb", check(b"\xff\xff")) == ACK + NACK  # all pages, two of them protected
    assert tell(rom, b"\x31\xce", check(b"\x70\x00\x00\x00")) == ACK + NACK  # there is no memory at this address
    assert tell(rom, b"\x31\xce", page.to_bytes(4, "big") + b"\x00") == ACK + NACK
    assert tell(rom, b"\x31\xce", check(page.to_bytes(4, "big")), b"\x03abcd\x00") == 2 * ACK + NACK
    assert rom.feed(b"\x31\xce" + check(page.to_bytes(4, "big")) + b"\xff" + bytes(200)) == 2 * ACK  # 56 bytes missing
    assert rom.feed(bytes(200))[-1:] == NACK


def test_a_read_protected_chip_only_says_who_it_is(rom):
    rom._locked = True
    assert (
        tell(rom, b"\x7f", b"\x11\xee", b"\x31\xce", b"\x44\xbb") == ACK + 3 * NACK and rom.feed(b"\x02\xfd")[:1] == ACK
    )


@pytest.mark.parametrize("board", [U5, L4], ids=lambda board: board.name)
def test_flash_and_flash_again(tmp_path, file_of, board):
    """If only the code has changed, the voice is not sent again, but checked against the journal and at 16 offsets.

    A different voice is detected.
    """
    images = [make_image(voiced(board, name, VOICE), board) for name in ("old", "new", "newer")]
    watch = stm32_watch(board, tmp_path)
    expect = [{"build": read_image(image).hash.hex()} for image in images]
    with SimulatedDevice(watch) as device:
        first = flash(file_of(images[0]), board, device.path, expect=expect[0])
        assert first["before"]["chip"] == board.chip.ids[0] and first["skipped"] == []
        assert first["verified"] == "every byte sent was read back and is correct"
        watch.power_on()
        second = flash(file_of(images[1]), board, device.path, expect=expect[1])
        assert second["skipped"] == ["voice"] and second["verified"].endswith("voice spot-checked at 16 offsets")
        assert second["wire_bytes"] < 0.25 * first["wire_bytes"]  # the voice is small
        watch.power_on()
        slot = watch.loader.secondary or watch.loader.primary
        voice = regions(images[2], board.page_size)[1]
        slot.erase(voice.offset, voice.size)
        third = flash(file_of(images[2]), board, device.path, expect=expect[2])
        assert third["skipped"] == []
    assert watch.loader.primary.read(0, len(images[2])) == images[2]
    watch.flash.close()


def test_a_hole_in_the_kept_voice_is_found_by_the_boot_loader(tmp_path, quick, file_of):
    """None of the checked offsets is in the hole, but MCUboot detects it and refuses the image.

    The old image keeps running, and the next attempt sends all bytes.
    """
    images = [make_image(voiced(U5, name, VOICE), U5) for name in ("old", "new")]
    watch, expect = stm32_watch(U5, tmp_path), {"build": read_image(images[1]).hash.hex()}
    with SimulatedDevice(watch) as device:
        flash(file_of(images[0]), U5, device.path)
        watch.power_on()
        at = 8192 + 256 * 3
        page = watch.loader.secondary.read(8192, 8192)
        watch.loader.secondary.erase(8192, 8192)
        watch.loader.secondary.program(8192, page[: at - 8192] + bytes(16) + page[at - 8192 + 16 :])
        with pytest.raises(BaseException, match="flash again"):
            flash(file_of(images[1]), U5, device.path, expect=expect)
        watch.power_on()
        assert flash(file_of(images[1]), U5, device.path, expect=expect)["skipped"] == []
    watch.flash.close()


def test_the_wrong_chip_is_refused_before_anything_is_erased(tmp_path, file_of):
    watch = stm32_watch(L4, tmp_path)
    with (
        SimulatedDevice(watch) as device,
        pytest.raises(
            DeviceError, match="the chip is 0x470, but stm32u5a9j-dk has 0x481; choose another --port or --board"
        ),
    ):
        flash(file_of(make_image(voiced(U5), U5)), U5, device.path)
    assert watch.flash.erased == 0
    small = replace(L4, memories=(replace(L4.flash, size=0x10_0000), *L4.memories[1:]), slot_size=0xF_0000)
    (tmp_path / "small").mkdir()
    with SimulatedDevice(stm32_watch(small, tmp_path / "small")) as device:
        with pytest.raises(DeviceError, match="the chip has 1048576 bytes of flash, but nucleo-l4r5zi has 2097152"):
            flash(file_of(make_image(voiced(L4), L4)), L4, device.path)


def test_the_line_has_even_parity():
    """Pseudo-terminals do not support parity, so this test uses a port that is not open."""
    port = serial.Serial()
    Stm32Client(port)
    assert port.parity == "E"


def test_a_speed_that_the_chip_cannot_is_stepped_down(tmp_path, quick, file_of):
    fast = replace(U5, loader_bauds=(921600, 460800, 115200))
    watch, told = stm32_watch(U5, tmp_path), []
    with SimulatedDevice(watch, max_baud=500_000) as device:
        flash(file_of(make_image(voiced(U5), U5)), fast, device.path, log=told.append)
    assert any("460800 baud" in line for line in told)
    watch.flash.close()


@pytest.mark.skipif(not shutil.which("stm32flash"), reason="apt install stm32flash")
def test_stm32flash_flashes_the_rom(tmp_path):
    """Debian's stm32flash shares no code with ticktalk. stm32flash uses 8n1 in this test, because pseudo-terminals do
    not support parity."""
    image = make_image(voiced(L4, voice=VOICE), L4)
    image += b"\xff" * (-len(image) % 8)
    (tmp_path / "image.bin").write_bytes(image)
    watch = stm32_watch(L4, tmp_path)
    with SimulatedDevice(watch) as device:
        done = subprocess.run(
            [
                "stm32flash",
                "-m",
                "8n1",
                "-b",
                "115200",
                "-w",
                tmp_path / "image.bin",
                "-S",
                f"{L4.slot_address:#x}",
                "-v",
                "-g",
                f"{L4.flash.address:#x}",
                device.path,
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert watch.loader.primary.read(0, len(image)) == image and watch.loader.boot().hash == read_image(image).hash
    watch.flash.close()


SMALL = update_of(
    replace(
        U5,
        name="small",
        memories=(replace(U5.flash, size=0x4_0000), *U5.memories[1:]),
        slot_address=BASE + 0x1_0000,
        slot_size=0x1_4000,
        secondary_address=BASE + 0x2_4000,
    ),
    stm32_watch,
    0x2000,
)


def test_another_chip_on_the_same_cable_is_not_gone_on_with(tmp_path, quick, file_of, monkeypatch):
    faults = Faults()
    watch = SMALL.watch(tmp_path, faults)
    faults.__init__(parse("unplug@10000:5 cut@10400"))
    with (
        SimulatedDevice(watch, faults) as device,
        pytest.raises(DeviceError, match="the chip is now 58.*, but was 30.*the same watch"),
    ):
        SMALL.flash(
            device.path,
            file_of(SMALL.new),
            progress=lambda done, total: monkeypatch.setattr(
                "ticktalk.boards.virtual.bootloaders.stm32.UID", b"X" * 12
            ),
        )
    watch.flash.close()


@pytest.mark.parametrize("scripts", [fault_scripts, cut_scripts])
def test_no_bricks_and_no_false_success(tmp_path, quick, scripts):
    seen = survive(SMALL, tmp_path, scripts(26_000))
    assert seen["verified"] > RUNS / 4


def test_the_command_line_flashes_a_simulated_board(tmp_path, file_of):
    """A simulated board with a paced line runs in one process, and `ticktalk flash --image` in another."""
    image = file_of(make_image(voiced(L4, voice=bytes(range(256)) * 16), L4))
    device = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ticktalk.boards.virtual.bootloader_watch",
            "--board",
            L4.name,
            "--folder",
            str(tmp_path / "chip"),
            "--paced",
            "--faults",
            "flip@3000 drop@6000",
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
                L4.name,
                "--image",
                str(image),
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
        told = json.loads(done.stdout)
        assert (
            told["verified"].startswith("every byte sent was read back")
            and told["resent"] >= 1
            and told["banner"]["kind"] == "simulated"
        )
        assert told["upload_seconds"] > 0.9 * told["seconds"] * 268 * 11 / (
            268 * 11 + 2 * 115200 * 0.003
        )  # transmission time only
    finally:
        device.terminate()
        device.communicate()


def test_no_simulated_device_for_a_protocol_that_is_not_spoken():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ticktalk.boards.virtual.bootloader_watch",
            "--board",
            "pinetime",
            "--folder",
            "/nowhere",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 5 and done.stderr == (
        "error: pinetime: no simulated device for protocol 'none'; choose a board with "
        f"{', '.join(name for name, protocol in PROTOCOLS.items() if protocol.simulated)}\n"
    )
