"""Test the flashing engine: regions, skipping, resuming, line and device faults, and signatures."""

import hashlib
import json
import time
from dataclasses import replace

import pytest

from tests.support.flashing import OTHER, RUNS, VOICE, booted, cut_scripts, fault_scripts, survive, update_of
from tests.support.watch_firmware import firmware, voiced
from ticktalk.boards import ports
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError, ImageError, UnpluggedError, VerifyError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images.keys import make_key, public_key
from ticktalk.boards.images.mcuboot import check_signature, make_image, read_image
from ticktalk.boards.images.regions import regions
from ticktalk.boards.virtual.bootloaders.smp import smp_watch
from ticktalk.boards.virtual.faults import FaultError, Faults, parse
from ticktalk.boards.virtual.pty_device import SimulatedDevice
from ticktalk.boards.virtual.qemu_watch import VirtualWatch

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
