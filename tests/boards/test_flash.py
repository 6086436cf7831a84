"""Test the flashing engine: regions, skipping, resuming, line and device faults, and signatures."""

import hashlib
import json
import os
import termios
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo
from typer.testing import CliRunner

from tests.support.flashing import OTHER, RUNS, VOICE, booted, cut_scripts, fault_scripts, survive, update_of
from tests.support.front import assert_refused, ticktalk
from tests.support.hand_made import body_of, hand_made
from tests.support.watch_firmware import firmware, voiced
from ticktalk.boards import ports
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError, ImageError, PortError, UnpluggedError, VerifyError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images.keys import make_key, public_key
from ticktalk.boards.images.mcuboot import VERSION_LIMITS, check_signature, make_image, read_image
from ticktalk.boards.images.regions import regions
from ticktalk.boards.virtual.bootloaders.smp import smp_watch
from ticktalk.boards.virtual.faults import FaultError, Faults, parse
from ticktalk.boards.virtual.pty_device import SimulatedDevice
from ticktalk.boards.virtual.qemu_watch import VirtualWatch
from ticktalk.cli import app
from ticktalk.firmware_gen.project.device import flash_limit
from ticktalk.system.home import state_folder

M4 = load_board("qemu-m4")
pytestmark = pytest.mark.usefixtures("home")


def test_an_image_is_cut_where_the_linker_says():
    image = make_image(voiced(M4, voice=VOICE), M4)
    start, voice, code = regions(image, M4.page_size)
    assert (start.name, voice.name, code.name) == ("start", "voice", "code")
    assert image[voice.offset : voice.end] == VOICE and (start.offset, voice.end, code.end) == (
        0,
        code.offset,
        len(image),
    )
    other = regions(make_image(voiced(M4, "newer", VOICE), M4), M4.page_size)
    assert other[1] == voice and other[0] != start and other[2] != code
    assert [part.name for part in regions(make_image(firmware(M4, padding=9000), M4), M4.page_size)] == ["firmware"]
    for at in (4080, 4084, 4088, 4092):  # a marker with a wrong value is ignored
        damaged = image[:at] + b"\x7f\x7f\x7f\x7f" + image[at + 4 :]
        assert [part.name for part in regions(damaged, M4.page_size)] == ["firmware"]


def test_a_code_change_sends_no_voice_and_the_same_image_nothing(tmp_path, file_of):
    old = file_of(make_image(voiced(M4, voice=VOICE), M4), "old.bin")
    new = file_of(make_image(voiced(M4, "newer", VOICE), M4), "new.bin")
    first = flash(old, M4, flash_file=tmp_path / "flash")
    assert first["skipped"] == [] and first["sent_bytes"] == first["bytes"] and first["wire_bytes"] > first["bytes"]
    second = flash(new, M4, flash_file=tmp_path / "flash")
    assert second["skipped"] == ["voice"] and second["banner"]["name"] == "newer"
    assert second["wire_bytes"] < 0.12 * first["wire_bytes"]  # the voice is small
    assert (tmp_path / "flash").read_bytes()[: new.stat().st_size] == new.read_bytes()
    third = flash(new, M4, flash_file=tmp_path / "flash")
    assert third["sent_bytes"] == 0 and third["banner"]["name"] == "newer"
    fourth = flash(file_of(make_image(voiced(M4, "newer", OTHER), M4)), M4, flash_file=tmp_path / "flash")
    assert fourth["skipped"] == []  # because the hash at the end of the code region has changed
    assert (tmp_path / "flash").read_bytes()[4096 : 4096 + len(OTHER)] == OTHER


def test_stock_mcuboot_gets_everything(tmp_path, file_of, monkeypatch):
    from ticktalk.boards.virtual.bootloaders.smp import SmpServer

    init = SmpServer.__init__
    monkeypatch.setattr(SmpServer, "__init__", lambda *args, **kwargs: init(*args, **kwargs, extended=False))
    for name in ("old", "new"):
        result = flash(file_of(make_image(voiced(M4, name, VOICE), M4)), M4, flash_file=tmp_path / "flash")
        assert result["skipped"] == [] and result["banner"]["name"] == name


def test_the_plan_names_bytes_minutes_and_hash_of_each_region():
    image = make_image(voiced(M4, voice=VOICE), M4)
    planned = plan(image, M4)
    assert [part["name"] for part in planned["regions"]] == ["start", "voice", "code"]
    assert sum(part["bytes"] for part in planned["regions"]) == len(image) and not planned["in_place"]
    assert planned["regions"][1]["address"] == M4.secondary_address + 4096 and planned["regions"][1]["seconds"] > 10
    assert json.loads(json.dumps(planned)) == planned


def test_an_image_without_room_for_the_boot_loaders_marks_is_refused_before_a_port_is_opened(tmp_path):
    board = replace(M4, name="small", slot_size=0x1_4000, secondary_address=0xA000_0000)
    for size, good in ((board.image_limit, True), (board.image_limit + 1, False)):
        image = hand_made(board, body=body_of(board).ljust(size - len(hand_made(board, body=b"")), b"x"))
        path = tmp_path / "image.bin"
        path.write_bytes(image)
        assert len(image) == size <= board.slot_size
        if good:
            assert plan(image, board)["bytes"] == size
            with pytest.raises(PortError):
                flash(path, board, "/dev/ttyNONE")
            continue
        for use in (partial(plan, image, board), partial(flash, path, board, "/dev/ttyNONE")):
            with pytest.raises(ImageError, match="too big for small: 81881 bytes, but the slot of 81920 holds 81880"):
                use()


@pytest.mark.parametrize("kind", ["endless", "pipe", "folder", "missing", "longer than the slot"])
def test_a_file_that_is_no_image_is_not_read_to_its_end(tmp_path, kind):
    path = {"endless": Path("/dev/zero")}.get(kind, tmp_path / "image.bin")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "longer than the slot":
        with path.open("wb") as file:
            file.truncate(1 << 40)  # a sparse file, larger than any machine's memory
    words = {"missing": "No such file", "longer than the slot": "too big for qemu-m4: the slot holds"}
    with pytest.raises(ImageError, match=words.get(kind, "not a regular file")) as caught:
        flash(path, M4, "/dev/ttyNONE")
    assert "\n" not in str(caught.value) and caught.value.exit_code == 6
    done = ticktalk("flash", "--board", "qemu-m4", "--image", path, "--dry-run", cache=tmp_path / "cache")
    assert_refused(done, 6, path.name)


@pytest.mark.parametrize(
    "option, value",
    [
        ("--baud", "0"),
        ("--baud", "-5"),
        ("--baud", "299"),
        ("--baud", "1099511627776"),
        ("--release", "999.999.99999999999"),
        ("--release", "256.0.0"),
        ("--release", "0.256.0"),
        ("--release", "0.0.65536"),
        ("--release", "01.0.0"),
        ("--release", "1.2"),
        ("--release", "1.2.\u0663"),
        ("--release", "9" * 5000 + ".0.0"),
    ],
)
def test_speeds_and_versions_beyond_their_bounds_are_usage_errors(option, value):
    done = CliRunner().invoke(app, ["flash", "--board", "qemu-m4", "--dry-run", option, value])
    assert done.exit_code == 2 and option in done.stderr and "Traceback" not in done.stderr


def test_the_largest_version_is_one_that_an_image_holds():
    largest = ".".join(map(str, VERSION_LIMITS))
    assert read_image(make_image(firmware(M4), M4, largest)).version == largest


@pytest.mark.parametrize("word_size", [4, 16, 32])
def test_the_largest_firmware_that_export_links_is_a_signed_image_that_fits(tmp_path, word_size):
    board = replace(M4, name="small", slot_size=0x1_4000, secondary_address=0xA000_0000, word_size=word_size)
    key = tmp_path / "key.pem"
    make_key(key)
    image = make_image(body_of(board).ljust(flash_limit(board), b"x"), board, key=key)
    assert board.image_limit - 256 < len(image) <= board.image_limit


SMALL = update_of(replace(M4, name="small", slot_size=0x1_4000, secondary_address=0xA000_0000), smp_watch, 0x4000)


@pytest.fixture
def pulled(tmp_path, monkeypatch):
    """Return a watch and its device. The cable is unplugged for 50 ms in the middle of the update."""
    monkeypatch.setattr("ticktalk.boards.journal.EVERY", 0)
    faults = Faults()
    watch = SMALL.watch(tmp_path, faults)
    faults.__init__(parse("unplug@20000:50"))
    with SimulatedDevice(watch, faults) as device:
        yield watch, device


def test_a_cable_that_is_put_back_soon_enough_is_no_failure(tmp_path, quick, file_of, pulled):
    watch, device = pulled
    told = []
    result = SMALL.flash(device.path, file_of(SMALL.new), log=told.append)
    assert f"{device.path}: the cable is unplugged; reconnect it within 0.2 s to continue" in told
    assert any(line.startswith("resuming at byte") for line in told) and 0 < result["sent_bytes"] < 0.6 * len(SMALL.new)
    assert booted(SMALL, watch, tmp_path) == "new"


def test_after_the_cable_was_pulled_the_next_run_goes_on_where_it_was(tmp_path, quick, file_of, pulled, monkeypatch):
    monkeypatch.setattr("ticktalk.boards.flash.engine.RETURN", 0)
    watch, device = pulled
    file, told = file_of(SMALL.new), []
    with pytest.raises(UnpluggedError):
        SMALL.flash(device.path, file)
    time.sleep(0.2)
    result = SMALL.flash(device.path, file, log=told.append)
    assert any(line.startswith("resuming at byte") for line in told)
    assert 0 < result["sent_bytes"] < 0.6 * len(SMALL.new)
    assert booted(SMALL, watch, tmp_path) == "new"


def test_a_loose_cable_is_not_waited_for_without_end(tmp_path, quick, file_of):
    faults = Faults()
    watch = SMALL.watch(tmp_path, faults)
    faults.__init__(parse(" ".join(f"unplug@{at}:5" for at in range(10_000, 30_000, 2_000))))
    with SimulatedDevice(watch, faults) as device, pytest.raises(UnpluggedError, match=f"^{device.path}"):
        SMALL.flash(device.path, file_of(SMALL.new))
    assert booted(SMALL, watch, tmp_path) == "old"


def test_a_device_that_forgot_starts_over(tmp_path, quick, file_of, monkeypatch):
    monkeypatch.setattr("ticktalk.boards.journal.EVERY", 0)
    faults, file = Faults(), file_of(SMALL.new)
    watch = SMALL.watch(tmp_path, faults)
    faults.__init__(parse("cut@20000"))
    with SimulatedDevice(watch, faults) as device:
        with pytest.raises(DeviceError):
            SMALL.flash(device.path, file)
        assert SMALL.flash(device.path, file)["banner"]
    assert booted(SMALL, watch, tmp_path) == "new"


def test_a_journal_that_lies_is_found_out(tmp_path, quick, file_of, monkeypatch):
    """If the device holds different data of the same size, the hash does not match and everything is sent again."""
    faults, told = Faults(), []
    watch = SMALL.watch(tmp_path, faults)
    with SimulatedDevice(watch, faults) as device, monkeypatch.context() as patch:
        patch.setattr("ticktalk.boards.protocols.smp.loader.SmpLoader.verify", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            SMALL.flash(device.path, file_of(bytes(SMALL.new)))
        patch.undo()
        patch.setattr("ticktalk.boards.journal.Journal.done", lambda self, image: len(SMALL.new))
        watch.loader.secondary.erase(4096, 4096)
        result = SMALL.flash(device.path, file_of(SMALL.new), log=told.append)
    assert any("retrying with the complete data" in line for line in told) and result["sent_bytes"] == len(SMALL.new)
    assert booted(SMALL, watch, tmp_path) == "new"


def test_a_device_whose_key_is_of_another_kind_is_told_so(tmp_path):
    """A boot loader's key file may contain a key of any type.

    An image that refers to such a key must not cause a traceback.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    image = replace(read_image(SMALL.old), signature=bytes(64), key_hash=hashlib.sha256(key).digest())
    with pytest.raises(ImageError, match="not an ed25519 key; create one with 'ticktalk keys'"):
        check_signature(image, key)


def test_only_signed_images_of_our_key_that_are_not_older_are_taken(tmp_path, quick, file_of):
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    for path in (ours, theirs):
        make_key(path)
    assert ours.stat().st_mode & 0o077 == 0
    with pytest.raises(ImageError, match="a key already exists"):
        make_key(ours)

    def image(version, key):
        return make_image(voiced(SMALL.board, "new", VOICE[:0x4000]), SMALL.board, version, key)

    unsigned, good, older = image("1.1.0", None), image("1.1.0", ours), image("1.0.9", ours)
    check_signature(read_image(good), public_key(ours))
    with pytest.raises(ImageError, match="signed with a key that this device does not trust"):
        check_signature(read_image(good), public_key(theirs))
    forged = replace(read_image(good), hash=read_image(older).hash)
    with pytest.raises(ImageError, match="the signature does not match"):
        check_signature(forged, public_key(ours))
    watch = smp_watch(SMALL.board, tmp_path, key=public_key(ours))
    with SimulatedDevice(watch) as device:
        for bad in (unsigned, image("1.1.0", theirs)):
            with pytest.raises(VerifyError, match="holds no valid image after the upload"):
                flash(file_of(bad), SMALL.board, device.path)
        assert flash(file_of(good), SMALL.board, device.path)["signed"]
        with pytest.raises(VerifyError, match="holds no valid image after the upload"):
            flash(file_of(older), SMALL.board, device.path)
        assert flash(file_of(image("1.2.0", ours)), SMALL.board, device.path)["version"] == "1.2.0"
    assert (tmp_path / "counter").read_text() == f"{(1 << 24) + (2 << 16)}\n"
    watch.loader.primary.erase()
    watch.loader.primary.program(0, good + bytes(-len(good) % 4))
    with pytest.raises(ImageError, match="security counter .* older firmware is refused"):
        watch.loader.boot()


def test_the_virtual_watch_runs_only_what_is_signed(tmp_path, file_of):
    key = tmp_path / "key.pem"
    make_key(key)
    file = file_of(make_image(voiced(M4), M4, "1.0.0", key))
    assert flash(file, M4, flash_file=tmp_path / "flash", key=public_key(key))["banner"]["name"] == "tiny"
    with pytest.raises(VerifyError, match="or it requires a signature"):
        flash(file_of(make_image(voiced(M4), M4)), M4, flash_file=tmp_path / "flash", key=public_key(key))
    with VirtualWatch(M4, tmp_path / "flash", key=public_key(key)) as watch:
        deadline = time.monotonic() + 10
        while watch.state != "running":
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.parametrize("content, words", [(b"nonsense", "not a PEM key"), (None, "cannot read the key")])
def test_a_key_that_is_none(tmp_path, content, words):
    if content:
        (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(ImageError, match=words):
        public_key(tmp_path / "key.pem")


def usb_port(path, vid, pid, number, interface=""):
    """Return a port as the system would list it. The test machine has no USB devices."""
    info = ListPortInfo(path)
    info.vid, info.pid, info.serial_number, info.description = vid, pid, number, "a cable"
    info.location = f"1-2:1.{interface}" if interface else "1-2"
    return info


@pytest.fixture
def plugged(monkeypatch):
    """Return the list of USB ports that the system reports. Tests modify this list."""
    found = []
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: found)
    return found


def test_a_port_is_remembered_and_never_guessed(plugged):
    plugged += [
        usb_port("/dev/ttyACM0", 0x0483, 0x374E, "A"),
        usb_port("/dev/ttyACM1", 0x0483, 0x374E, "B"),
        usb_port("/dev/ttyUSB0", 0x1A86, 0x7523, None),
    ]
    board = replace(M4, usb=("0483:374e",))
    with pytest.raises(ports.PortError, match=r"choose one with --port: /dev/ttyACM0 \(a cable\), /dev/ttyACM1"):
        ports.find_port(board)
    assert ports.find_port(replace(M4, usb=("1a86:7523",))) == "/dev/ttyUSB0"
    with pytest.raises(ports.PortError, match="no serial port with USB ID 1234:5678 found"):
        ports.find_port(replace(M4, usb=("1234:5678",)))
    ports.remember(board, "/dev/ttyACM1")
    assert ports.find_port(board) == "/dev/ttyACM1"
    plugged[0].device, plugged[1].device = plugged[1].device, plugged[0].device  # the ports swap their names
    assert ports.find_port(board) == "/dev/ttyACM0" and ports.device_name("/dev/ttyACM0") == "0483:374e:B"
    del plugged[1]  # the saved port is unplugged, and another port remains
    assert ports.find_port(board) == "/dev/ttyACM1"
    ports.remember(replace(M4, name="other"), "/dev/ttyUSB0")  # for a device without a serial number, no port is saved
    assert set(json.loads((state_folder() / "ports.json").read_text())) == {"qemu-m4"}


class Reopened:
    """Imitate the part of serial.Serial that `open_again` uses."""

    def __init__(self, port, fails=0):
        self.port, self.is_open, self._fails = port, True, fails

    def close(self):
        self.is_open = False

    def open(self):
        self._fails -= 1
        if self._fails >= 0:
            raise termios.error(5, "Input/output error")  # pyserial does not catch this error
        self.is_open = True


def test_what_is_opened_again_is_the_same_device(plugged):
    plugged += [usb_port("/dev/ttyACM0", 0x1366, 0x1061, "7", "0"), usb_port("/dev/ttyACM1", 0x1366, 0x1061, "7", "2")]
    name, port = ports.device_name("/dev/ttyACM1"), Reopened("/dev/ttyACM1", fails=2)
    ports.open_again(port, name, 1)
    assert port.port == "/dev/ttyACM1" and port.is_open  # the same interface of the device, not the first one
    plugged[1].device = "/dev/ttyACM4"
    ports.open_again(port, name, 0)
    assert port.port == "/dev/ttyACM4"
    plugged[:] = [usb_port("/dev/ttyACM4", 0x1366, 0x1061, "8", "2")]  # another watch has been connected instead
    with pytest.raises(UnpluggedError, match="^/dev/ttyACM4: no such port"):
        ports.open_again(port, name, 0)
    assert not port.is_open
    plain = Reopened("/dev/ttyS0")
    ports.open_again(plain, ports.device_name("/dev/ttyS0"), 0)
    assert plain.port == "/dev/ttyS0" and plain.is_open


@pytest.mark.parametrize("at", [0, 5, 15])
def test_a_cable_that_is_pulled_while_the_watch_is_asked_who_it_is(tmp_path, quick, file_of, at):
    faults = Faults()
    watch = SMALL.watch(tmp_path, faults)
    faults.__init__(parse(f"unplug@{at}:50"))
    with SimulatedDevice(watch, faults) as device:
        assert SMALL.flash(device.path, file_of(SMALL.new))["pulls"] == 1


def test_a_port_that_is_gone_is_told_whatever_is_done_with_it(tmp_path):
    with SimulatedDevice(SMALL.watch(tmp_path)) as device:
        port = ports.open_port(device.path, 115200)
    for use in (
        lambda: ports.set_baud(port, 9600),
        lambda: ports.set_parity(port, "E"),
        lambda: ports.is_pseudo(port),
        lambda: ports.send(port, b"x"),
        lambda: ports.receive(port, 0.1),
    ):
        with pytest.raises(UnpluggedError, match=f"^{device.path}: "):
            use()


@pytest.mark.parametrize("script", ["drop", "drop@", "drop@x", "explode@3", "drop@1:2:3"])
def test_a_fault_script_that_is_none(script):
    with pytest.raises(FaultError, match=f"fault '{script}': must be KIND@AT"):
        parse(script)


def test_faults_strike_where_they_say():
    faults = Faults(parse("drop@2:3 duplicate@7 flip@8:1 flip-back@0 nack@1"))
    assert faults.line(b"abcd") == [b"ab"] and faults.line(b"efghijk") == [
        b"efg",
        b"h",
        b"h",
        bytes([ord("i") ^ 2]),
        b"jk",
    ]
    assert faults.line(b"A", back=True) == [b"@"] and [faults.strikes("nack") for _ in range(3)] == [False, True, False]


@pytest.mark.parametrize("scripts", [fault_scripts, cut_scripts])
def test_no_bricks_and_no_false_success(tmp_path, quick, scripts):
    seen = survive(SMALL, tmp_path, scripts(36_000))
    assert scripts is cut_scripts or seen["verified"] > RUNS / 5
