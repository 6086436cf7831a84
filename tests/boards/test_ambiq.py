"""Test Ambiq's secure boot loader.

The tests cover messages in AmbiqSuite's format, the boot loader's strict checks, `flash`, and injected faults.
"""

import json
import struct
import subprocess
import sys
import time
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.flashing import RUNS, VOICE, cut_scripts, fault_scripts, survive, update_of
from tests.support.paths import ROOT
from tests.support.watch_firmware import voiced
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images.mcuboot import make_image, read_image
from ticktalk.boards.protocols.ambiq import frames
from ticktalk.boards.virtual.bootloaders.ambiq import CHIP, AmbiqSbl, ambiq_watch
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.boards.virtual.pty_device import SimulatedDevice

pytestmark = pytest.mark.usefixtures("home")
A4, A5 = load_board("apollo4-blue-plus-evb"), load_board("apollo510-evb")
BASE = A5.flash.address


@pytest.fixture
def sbl(tmp_path):
    flash = VirtualFlash(tmp_path / "flash", 0x2_0000, 8192, 16)
    yield AmbiqSbl(
        replace(A5, memories=(replace(A5.flash, size=0x2_0000), *A5.memories[1:])),
        flash,
        protected=range(BASE, BASE + 0x4000),
        largest=0x4000,
    )
    flash.close()


def statuses(answer: bytes) -> list[tuple[int, int]]:
    """Return the (message type, status) of each ACK in `answer`."""
    return [frames.ANSWER.unpack(payload)[:2] for kind, payload in frames.Decoder().feed(answer) if kind == frames.ACK]


def tell(sbl, kind, payload=b""):
    return statuses(sbl.feed(frames.encode(kind, payload)))


def send(sbl, blob, check=None):
    """Send an update in a single message, and return the statuses of the responses."""
    start = tell(sbl, frames.UPDATE, frames.START.pack(len(blob), zlib.crc32(blob) if check is None else check, 0))
    return start + tell(sbl, frames.DATA, struct.pack("<I", 0) + blob)


def test_messages_and_blob_are_those_of_ambiqsuite():
    """The expected bytes are assembled word by word, as in uart_wired_update.py and create_cust_image_blob.py."""
    hello = struct.pack("<I", 8 << 16 | 0)
    assert frames.encode(frames.HELLO) == struct.pack("<I", zlib.crc32(hello)) + hello
    data = struct.pack("<II", (12 + 5) << 16 | 8, 4096) + b"abcde"
    assert frames.encode(frames.DATA, struct.pack("<I", 4096) + b"abcde") == struct.pack("<I", zlib.crc32(data)) + data
    assert len(frames.encode(frames.DATA, bytes(4 + frames.CARRIED))) == 8192
    options = struct.pack("<IIII", 0xCD, 0x18000, 0x12344321, 0)
    checked = struct.pack("<II", 0, 0) + options + b"wordword"
    header = struct.pack("<II", 1 << 26 | 8 + len(checked), zlib.crc32(checked))
    assert frames.blob(0x18000, b"wordword") == header + checked


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_an_answer_is_found_among_noise(before, behind):
    answer = frames.encode(frames.ACK, frames.ANSWER.pack(frames.DATA, 3, 77))
    decoder, found = frames.Decoder(), []
    for byte in before.replace(b"\x01\x00", b"") + answer + behind + bytes(512):
        found += decoder.feed(bytes([byte]))
    assert (frames.ACK, frames.ANSWER.pack(frames.DATA, 3, 77)) in found


def test_the_boot_loader_is_as_strict_as_it_may_be(sbl):
    page, good = BASE + 0x4000, frames.blob(BASE + 0x4000, bytes(range(32)))
    [(kind, status)] = frames.Decoder().feed(sbl.feed(frames.encode(frames.HELLO)))
    assert kind == frames.STATUS and len(status) == 128
    assert status[16:24] == CHIP and struct.unpack_from("<I", status, 4) == (0x4000,)
    assert send(sbl, good) == [(3, 0), (8, 0)] == send(sbl, good)  # the boot loader erases flash before writing
    assert sbl._flash.read(0x4000, 32) == bytes(range(32))
    assert tell(sbl, frames.DATA, bytes(8)) == [(8, frames.INVALID_OPERATION)] and tell(
        sbl, frames.ABORT, bytes(4)
    ) == [(4, frames.INVALID_OPERATION)]
    assert tell(sbl, frames.UPDATE, frames.START.pack(32 + 0x4001, 0, 0)) == [(3, frames.TOO_BIG)]
    assert send(sbl, good, check=1) == [(3, 0), (8, frames.WRONG_CRC)]
    assert tell(sbl, frames.UPDATE, frames.START.pack(64, 0, 0)) == [(3, 0)]
    assert tell(sbl, frames.UPDATE, frames.START.pack(64, 0, 0)) == [(3, frames.INVALID_OPERATION)]
    assert tell(sbl, frames.DATA, struct.pack("<I", 4) + bytes(8)) == [(8, frames.WRONG_SEQUENCE)]
    assert tell(sbl, frames.DATA, struct.pack("<I", 0) + bytes(65)) == [(8, frames.TOO_MUCH_DATA)]
    assert tell(sbl, frames.ABORT, bytes(4)) == [(4, 0)]
    erased = sbl._flash.erased
    for blob, status in (
        (frames.blob(BASE, bytes(16)), frames.INVALID_ADDRESS),
        (frames.blob(BASE + 0x2_0000, bytes(16)), frames.INVALID_ADDRESS),
        (frames.blob(page + 4, bytes(16)), frames.INVALID_ADDRESS),
        (frames.blob(BASE + 0x3FF0, bytes(32)), frames.INVALID_ADDRESS),
        (good[:4] + bytes(4) + good[8:], frames.WRONG_CRC),
        (frames.blob(page, bytes(16))[:-4], frames.WRONG_CRC),
    ):
        assert send(sbl, blob) == [(3, 0), (8, status)]
    body = struct.pack("<IIIIII", 0, 0, frames.WIRED, page, 0x12344320, 0) + bytes(16)
    assert send(sbl, struct.pack("<II", frames.BLOB_HAS_CRC | 48, zlib.crc32(body)) + body) == [
        (3, 0),
        (8, frames.INVALID_PARAMETER),
    ]
    sbl._secure = True
    assert send(sbl, good) == [(3, 0), (8, frames.SECURITY)] and sbl._flash.erased == erased
    damaged = bytearray(frames.encode(frames.HELLO))
    damaged[4] ^= 1
    assert statuses(sbl.feed(bytes(damaged))) == [(1, frames.WRONG_CRC)] and tell(sbl, 9) == [(9, frames.UNKNOWN_TYPE)]
    assert sbl.feed(frames.encode(frames.DATA, bytes(100))[:-1]) == b"" and statuses(sbl.feed(b"\1")) == [
        (8, frames.WRONG_CRC)
    ]
    assert statuses(sbl.feed(struct.pack("<IHH", 0, 8, 8193))) == [(8, frames.TOO_BIG)]
    assert tell(sbl, frames.RESET, b"\3\0\0\0") == [(6, frames.INVALID_PARAMETER)] and not sbl.reset_requested
    assert tell(sbl, frames.RESET, b"\1\0\0\0") == [(6, 0)] and sbl.reset_requested


@pytest.mark.parametrize("board", [A4, A5], ids=lambda board: board.name)
def test_flash_and_flash_again(tmp_path, file_of, board):
    """If only the code has changed, the journal shows that the voice need not be sent again."""
    images = [make_image(voiced(board, name, VOICE), board) for name in ("old", "new")]
    watch = ambiq_watch(board, tmp_path)
    with SimulatedDevice(watch) as device:
        first = flash(file_of(images[0]), board, device.path, expect={"build": read_image(images[0]).hash.hex()})
        assert (
            first["before"]["id"] == CHIP.hex()
            and first["skipped"] == []
            and "CRC-32 of every block" in first["verified"]
        )
        watch.power_on()
        second = flash(file_of(images[1]), board, device.path, expect={"build": read_image(images[1]).hash.hex()})
        assert second["skipped"] == ["voice"] and second["verified"].endswith("listed in the journal: voice")
        assert second["wire_bytes"] < 0.25 * first["wire_bytes"]  # the voice is small
    assert (
        watch.loader.primary.read(0, len(images[1])) == images[1]
        and (watch.loader.secondary is None) == plan(images[0], board)["in_place"]
    )
    watch.flash.close()


def test_a_voice_that_is_not_there_any_more_is_found_by_mcuboot(tmp_path, quick, file_of):
    """After the failed update, the old image is still running, and the next attempt sends everything."""
    images = [make_image(voiced(A5, name, VOICE), A5) for name in ("old", "new")]
    watch, expect = ambiq_watch(A5, tmp_path), {"build": read_image(images[1]).hash.hex()}
    with SimulatedDevice(watch) as device:
        flash(file_of(images[0]), A5, device.path)
        watch.power_on()
        watch.loader.secondary.erase(8192, 8192)
        with pytest.raises(BaseException, match="flash again"):
            flash(file_of(images[1]), A5, device.path, expect=expect)
        watch.power_on()
        assert flash(file_of(images[1]), A5, device.path, expect=expect)["skipped"] == []
    watch.flash.close()


@pytest.mark.parametrize(
    "options, words",
    [
        ({"secure": True}, "only authenticated images are accepted"),
        ({"largest": 4096}, "but a page has 8192"),
        ({"protected": range(A5.flash.address, A5.flash.end)}, "address not allowed .writing at 0x610000"),
    ],
)
def test_a_boot_loader_that_will_not(tmp_path, quick, file_of, options, words):
    watch = ambiq_watch(A5, tmp_path, **options)
    with SimulatedDevice(watch) as device, pytest.raises(DeviceError, match=f"^{device.path}: .*{words}") as caught:
        flash(file_of(make_image(voiced(A5), A5)), A5, device.path)
    assert caught.value.exit_code == 8 and watch.flash.erased == 0
    watch.flash.close()


def test_another_chip_is_refused_before_anything_is_erased(tmp_path, quick, file_of):
    """On an Apollo4, the Apollo510's addresses are outside the MRAM."""
    watch = ambiq_watch(A4, tmp_path)
    with SimulatedDevice(watch) as device, pytest.raises(DeviceError, match="address not allowed"):
        flash(file_of(make_image(voiced(A5), A5)), A5, device.path)
    assert watch.flash.erased == 0
    watch.flash.close()


def test_an_apollo3_is_told(tmp_path, quick, file_of, monkeypatch):
    monkeypatch.setattr(AmbiqSbl, "_status", lambda self: frames.encode(frames.STATUS, bytes(80)))
    with SimulatedDevice(ambiq_watch(A4, tmp_path)) as device:
        with pytest.raises(DeviceError, match="found an Apollo3 instead of apollo4-blue-plus-evb"):
            flash(file_of(make_image(voiced(A4), A4)), A4, device.path)


# the flash is small, so a thousand runs take only minutes
SMALL = {
    name: update_of(
        replace(
            A5,
            name="small",
            baud=4_000_000,
            memories=(replace(A5.flash, size=0x4_0000), *A5.memories[1:]),
            slot_address=BASE + 0x1_0000,
            slot_size=0x1_4000,
            secondary_address=secondary,
        ),
        ambiq_watch,
        0x2000,
    )
    for name, secondary in (("secondary", BASE + 0x2_4000), ("in place", None))
}


@pytest.fixture
def patient(quick, monkeypatch):
    """Allow more time, because resynchronising takes longer than responding to a HELLO."""
    monkeypatch.setattr("ticktalk.boards.flash.identifying.IDENTIFY", 5.0)


@pytest.mark.parametrize("scripts", [fault_scripts, cut_scripts])
def test_no_bricks_and_no_false_success(tmp_path, patient, scripts):
    seen = survive(SMALL["secondary"], tmp_path, scripts(26_000))
    assert seen["verified"] > RUNS / 4


def test_an_update_in_place_can_always_be_repeated(tmp_path, patient):
    """The first block overwrites part of the old image, but the boot loader remains intact."""
    seen = survive(SMALL["in place"], tmp_path, fault_scripts(26_000), bricks=True)
    assert seen["verified"] > RUNS / 4


def test_after_the_cable_was_pulled_it_goes_on_where_it_was(tmp_path, patient, monkeypatch):
    monkeypatch.setattr("ticktalk.boards.flash.engine.RETURN", 0)
    monkeypatch.setattr("ticktalk.boards.journal.EVERY", 0)
    monkeypatch.setattr("ticktalk.boards.protocols.ambiq.loader.PART", 8192)
    faults, update, told = Faults(), SMALL["secondary"], []
    watch, file = update.watch(tmp_path, faults), tmp_path / "new.bin"
    file.write_bytes(update.new)
    faults.__init__(parse("unplug@14000:200"))
    with SimulatedDevice(watch, faults) as device:
        with pytest.raises(DeviceError):
            update.flash(device.path, file)
        time.sleep(0.4)
        result = update.flash(device.path, file, log=told.append)
    assert (
        any(line.startswith("resuming at byte 8192") for line in told)
        and result["sent_bytes"] == len(update.new) - 8192
    )
    watch.flash.close()


def test_the_command_line_flashes_a_simulated_board(tmp_path, file_of):
    image = file_of(make_image(voiced(A4, voice=bytes(range(256)) * 16), A4))
    device = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "ticktalk.boards.virtual.bootloader_watch",
            "--board",
            A4.name,
            "--folder",
            str(tmp_path / "chip"),
            "--paced",
            "--faults",
            "flip@3000",
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
                A4.name,
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
        assert told["resent"] >= 1 and told["banner"]["kind"] == "simulated" and told["in_place"]
    finally:
        device.terminate()
        device.communicate()
