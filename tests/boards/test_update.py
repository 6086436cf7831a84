"""Test updates that are sent through the console.

The tests cover the stream, the firmware's receiver in C, injected faults, the guarantees, and the emulated board.
"""

import ctypes
import hashlib
import random
import shutil
import struct
import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest

from tests.support.flashing import RUNS, VOICE, booted, cut_scripts, fault_scripts, survive, update_of
from tests.support.hand_made import body_of, hand_made
from tests.support.paths import ROOT, TINY
from tests.support.watch_console import compiled_watch
from tests.support.watch_firmware import voiced
from ticktalk.boards.board import load_board
from ticktalk.boards.console import delta, frames
from ticktalk.boards.errors import DeviceError, ImageError, VerifyError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images import cache
from ticktalk.boards.images.keys import make_key, public_key
from ticktalk.boards.images.mcuboot import check_for_board, make_image, read_image
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.pty_device import SimulatedDevice

SMALL = replace(load_board("qemu-m4"), name="small", slot_size=0x1_4000)
UPDATE = update_of(SMALL, compiled_watch, 0x4000)
DEVICE = ROOT / "firmware_gen" / "templates" / "device" / "update"

pytestmark = pytest.mark.usefixtures("home")


# Stream


@pytest.fixture(scope="module")
def decode(tmp_path_factory):
    """Return a function that decodes a stream with the firmware's C code.

    The arguments of the function are the stream, the size of the new image, the old image or None, and the number of
    bytes per call. The function returns the new image, or None if the decoder refuses the stream.
    """
    library = tmp_path_factory.mktemp("unpack") / "unpack.so"
    subprocess.run(
        ["gcc", "-std=c11", "-O1", "-shared", "-fPIC", f"-I{DEVICE}", DEVICE / "unpack.c", "-o", library], check=True
    )
    unpack = ctypes.CDLL(str(library))

    class State(ctypes.Structure):
        _fields_ = [
            ("old", ctypes.c_char_p),
            *((name, ctypes.c_uint32) for name in ("old_bytes", "todo", "place", "left", "bits")),
            ("count", ctypes.c_uint8),
            ("mode", ctypes.c_uint8),
            ("bad", ctypes.c_bool),
        ]

    def decode(stream, size, old=None, piece=1000):
        state, made, room = State(), b"", ctypes.create_string_buffer(256)
        unpack.unpack_start(ctypes.byref(state), size, old or None, len(old or b""))
        for at in range(0, len(stream), piece):
            data = stream[at : at + piece]
            start = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
            place = ctypes.c_void_p(start)
            while count := unpack.unpack(
                ctypes.byref(state), ctypes.byref(place), ctypes.c_void_p(start + len(data)), room, 256
            ):
                made += room.raw[:count]
            if state.bad:
                return None
        return made

    return decode


def trained_on(data: bytes, spread: float, seed: int = 1) -> bytes:
    """Return slightly different weights, as if after further training."""
    chance = np.random.default_rng(seed)
    moved = np.frombuffer(data, np.int8) + np.rint(chance.normal(0, spread, len(data))).astype(int)
    return np.clip(moved, -127, 127).astype(np.int8).tobytes()


def weights(size: int, seed: int = 0) -> bytes:
    """Return random weights that resemble those of a layer."""
    return np.clip(np.rint(np.random.default_rng(seed).normal(0, 42, size)), -127, 127).astype(np.int8).tobytes()


CODE = random.Random(3).randbytes(20_000)
PAIRS = {
    "the same": (VOICE, VOICE),
    "nothing known": (weights(9_999), None),
    "further training": (trained_on(weights(50_000), 3), weights(50_000)),
    "moved": (CODE[:5_000] + b"\x70\x47" * 10 + CODE[5_000:], CODE),
    "moved, with a byte inserted": (CODE[4_000:9_001] + b"\x00" + CODE[9_001:] + CODE[:4_000], CODE),
    "longer": (VOICE + CODE, VOICE),
    "shorter": (VOICE[:70], VOICE),
    "one byte": (b"x", b""),
    "a very short old image": (VOICE[:5_000], b"abc"),
    "differences in both directions": (bytes(range(0, 256, 5)) * 200, bytes(51 * 200)),
    "the new image is longer": (VOICE[:1_000] + b"abc", VOICE[:1_000]),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_what_is_decoded_is_what_was_encoded(decode, name, piece):
    new, old = PAIRS[name]
    stream = delta.encode(new, old)
    assert decode(stream, len(new), old, piece) == new
    assert len(stream) <= len(new) * (1 + 4 / 512) + 16  # orders, then positions and padding


def test_how_small_streams_are():
    """Update streams are small if the image has changed only slightly, has moved, or resembles a model's weights."""
    share = {name: len(delta.encode(new, old)) / len(new) for name, (new, old) in PAIRS.items()}
    assert share["the same"] < 0.002 and share["moved"] < 0.03
    assert share["further training"] < 0.52 and share["nothing known"] < 0.96


def test_a_stream_that_reaches_beyond_the_old_image_is_refused(decode):
    old = bytes(1000)
    copy = np.packbits([1, 0, 0, 1, *np.unpackbits(np.array([0], np.uint8))]).tobytes() + bytes(8)  # RUN of one block

    def sought(place):
        bits = f"{10:04b}{place:024b}{9:04b}{0:08b}"
        return int(bits.ljust(48, "0"), 2).to_bytes(6, "big") + bytes(4)

    assert decode(copy, 64, old) == old[:64]
    assert decode(sought(1000 - 64), 64, old) == old[:64]
    for place in (1000 - 63, 1000, 0xFFFFFE):
        assert decode(sought(place), 64, old) is None
    assert decode(sought(0xFFFFFF), 64, old) == bytes(64)  # without a source, zeros are assumed
    assert decode(sought(0), 64) is None  # no old image
    assert decode(b"\xb0" + bytes(8), 64, old) is None  # an unknown order


# End to end, with the console in C


@pytest.fixture
def less_quick(quick, monkeypatch):
    """Allow time for a program to start before it first responds."""
    for name, seconds in (
        ("identifying.PROBE", 0.3),
        ("identifying.IDENTIFY", 4.0),
        ("running.PROBE", 0.3),
        ("running.START", 4.0),
    ):
        monkeypatch.setattr(f"ticktalk.boards.flash.{name}", seconds)


@pytest.fixture
def watch(tmp_path):
    """Yield (watch, port) for a watch that runs the old image."""
    watch = UPDATE.watch(tmp_path)
    with SimulatedDevice(watch) as device:
        yield watch, device.path
    watch.stop()
    watch.flash.close()


def known(image: bytes = UPDATE.old) -> None:
    cache.keep(SMALL.name, image, read_image(image).hash)


def test_the_difference_is_sent_if_the_old_image_is_known(tmp_path, file_of, watch):
    watch, port = watch
    old, new = (
        make_image(voiced(SMALL, name, data), SMALL)
        for name, data in (("old", weights(0x8000)), ("new", trained_on(weights(0x8000), 3)))
    )
    seen = []
    first = flash(file_of(old), SMALL, port, progress=lambda done, total: seen.append((done, total)))
    assert first["route"] == "compressed, over the console" and first["before"]["from"] == "application"
    assert first["sent_bytes"] < len(old) and seen == sorted(seen) and seen[-1] == (len(old), len(old))
    second = flash(file_of(new), SMALL, port, expect={"build": read_image(new).hash.hex()})
    assert second["route"] == "as a delta, over the console"
    assert second["wire_bytes"] < 0.6 * len(new) and second["resent"] == 0
    assert watch.loader.primary.read(0, len(new)) == new
    third = flash(file_of(new), SMALL, port)
    assert third["sent_bytes"] == 0 and third["banner"]["build"] == read_image(new).hash.hex()


def test_an_old_image_that_is_another_one_is_not_used(file_of, watch, monkeypatch):
    """The watch compares a digest of all bytes. The host's copy has the correct hash, but different contents."""
    altered = UPDATE.old[:0x5000] + b"?" + UPDATE.old[0x5001:]
    monkeypatch.setattr(cache, "find", lambda board, hash: altered)
    assert UPDATE.flash(watch[1], file_of(UPDATE.new))["route"] == "compressed, over the console"


def test_kept_images_are_checked(tmp_path):
    known()
    hash = read_image(UPDATE.old).hash
    assert cache.find("small", hash) == UPDATE.old == cache.last("small")
    (file,) = (tmp_path / "cache").rglob("*.bin")
    file.write_bytes(UPDATE.old[:-1])
    assert cache.find("small", hash) is None and cache.last("small") is None
    for number in range(cache.KEPT + 3):
        cache.keep("small", b"", bytes([number]) * 32)
    assert len(list((tmp_path / "cache").rglob("*.bin"))) == cache.KEPT


def test_the_plan_has_every_way():
    packed, boot = plan(UPDATE.new, SMALL)["routes"]
    known(make_image(voiced(SMALL, "new", trained_on(VOICE[:0x4000], 2)), SMALL))
    difference, *rest = plan(UPDATE.new, SMALL)["routes"]
    assert (
        rest == [packed, boot]
        and boot["bytes"] == len(UPDATE.new)
        and difference["bytes"] < packed["bytes"] < boot["bytes"]
    )
    assert 0 < difference["seconds"] < packed["seconds"] < boot["seconds"]
    assert len(plan(UPDATE.new, replace(SMALL, secondary=None))["routes"]) == 1


def test_after_the_cable_was_pulled_it_goes_on(tmp_path, less_quick, file_of, monkeypatch):
    monkeypatch.setattr("ticktalk.boards.flash.engine.RETURN", 0)
    known()
    faults, told = Faults(), []
    watch = UPDATE.watch(tmp_path, faults)
    faults.__init__(parse("unplug@12000:50"))
    with SimulatedDevice(watch, faults) as device:
        with pytest.raises(DeviceError):
            UPDATE.flash(device.path, file_of(UPDATE.new))
        time.sleep(0.2)
        result = UPDATE.flash(device.path, file_of(UPDATE.new), log=told.append)
    place = next(int(line.split()[-4]) for line in told if line.startswith("resuming at byte"))
    assert place > 5000 and result["wire_bytes"] < result["sent_bytes"] - place + 1000
    assert booted(UPDATE, watch, tmp_path) == "new"
    watch.stop()


@pytest.mark.parametrize("scripts", [fault_scripts, cut_scripts])
def test_no_bricks_and_no_false_success(tmp_path, less_quick, scripts):
    known()
    seen = survive(UPDATE, tmp_path, scripts(19_000))
    assert scripts is cut_scripts or seen["verified"] > RUNS / 5


# Guarantees


def ask(watch, kind: int, payload: bytes = b"") -> list[tuple[int, bytes]]:
    """Return the watch's responses to one request."""
    return frames.Decoder().feed(watch.firmware.feed(frames.encode(kind, payload)))


def error(code: int) -> tuple[int, int]:
    return frames.ERROR, code


def last(answers) -> tuple[int, int]:
    kind, payload = answers[-1]
    return kind, payload[0] if payload else 0


def begin(size: int, hash: bytes = bytes(32), digest: bytes = b"") -> bytes:
    return struct.pack("<II", size, 1) + hash + digest


OWNED = hashlib.sha256(b"ticktalk update" + UPDATE.old).digest()


@pytest.fixture
def running(tmp_path):
    """Yield a powered-on watch with a console, written in C, that can be called directly."""
    watch = UPDATE.watch(tmp_path)
    watch.power_on()
    yield watch
    watch.stop()
    watch.flash.close()


def test_every_length_is_bounded(running):
    for kind, lengths in (
        (frames.UPDATE, (1, 1024)),
        (frames.UPDATE_FINISH, (1, 32)),
        (frames.UPDATE_DATA, (0, 3)),
        (frames.UPDATE_BEGIN, (0, 8, 39, 41, 71, 73, 1024)),
    ):
        for length in lengths:
            assert last(ask(running, kind, bytes(length))) == error(2)
    for size in (0, SMALL.slot_size - 39, 0xFFFFFFFF):
        assert last(ask(running, frames.UPDATE_BEGIN, begin(size))) == error(3)
    for kind, payload in ((frames.UPDATE_DATA, bytes(10)), (frames.UPDATE_FINISH, b"")):
        assert last(ask(running, kind, payload)) == error(3)  # no update has begun


def test_the_difference_needs_the_old_image(running):
    for digest in (bytes(32), read_image(UPDATE.old).hash, hashlib.sha256(UPDATE.old).digest()):
        assert last(ask(running, frames.UPDATE_BEGIN, begin(1000, digest=digest))) == error(3)
    assert ask(running, frames.UPDATE_BEGIN, begin(1000, digest=OWNED))[-1][0] == frames.UPDATE_STATE


def test_nothing_but_the_secondary_slot_is_written_and_nothing_is_read_out(running):
    """After a thousand hostile requests, the running image is unchanged and no response has contained any part of
    it."""
    chance = random.Random(5)
    before, image = running.loader.primary.read(), UPDATE.old
    pieces = {image[at : at + 6] for at in range(SMALL.page_size, SMALL.page_size + 0x4000)}  # of its voice
    answered = 0
    for _ in range(1000):
        kind = chance.choice(
            (
                frames.UPDATE,
                frames.UPDATE_BEGIN,
                frames.UPDATE_DATA,
                frames.UPDATE_DATA,
                frames.UPDATE_FINISH,
                chance.randrange(8),
            )
        )
        if kind == frames.UPDATE_BEGIN:
            payload = begin(chance.choice((100, 5000, 60_000, SMALL.slot_size - 40)), digest=OWNED)
        else:
            place = struct.unpack_from("<I", ask(running, frames.UPDATE)[-1][1], 72)[0]
            order = int(f"{10:04b}{chance.randrange(1 << 17):024b}{9:04b}{255:08b}", 2).to_bytes(5, "big")
            payload = struct.pack("<I", place) + chance.choice(
                (order, b"", chance.randbytes(40), chance.randbytes(900))
            )
            payload = payload if kind == frames.UPDATE_DATA else chance.choice((b"", payload[: chance.randrange(20)]))
        for answered_kind, answer in ask(running, kind, payload):
            answered += 1
            assert answered_kind in (
                frames.BANNER,
                frames.STATS,
                frames.OK,
                frames.ERROR,
                frames.UPDATE_STATE,
                frames.UPDATE_AT,
            )
            assert len(answer) <= 1024 and not any(answer[at : at + 6] in pieces for at in range(len(answer) - 5))
    assert answered > 1000 and running.loader.primary.read() == before and not running.loader.pending()


@pytest.mark.parametrize("change", [None, 100, 0x1100, len(UPDATE.new) - 20])
def test_what_does_not_verify_is_not_marked(running, change):
    new = bytearray(UPDATE.new)
    if change is not None:
        new[change] ^= 1
    ask(running, frames.UPDATE_BEGIN, begin(len(new), read_image(UPDATE.new).hash))
    stream = delta.encode(bytes(new))
    for at in range(0, len(stream), 1000):
        (answer,) = ask(running, frames.UPDATE_DATA, struct.pack("<I", at) + stream[at : at + 1000])[-1:]
    assert answer == (frames.UPDATE_AT, struct.pack("<II", len(stream), len(new)))
    assert last(ask(running, frames.UPDATE_FINISH)) == ((frames.OK, 0) if change is None else error(7))
    assert running.loader.pending() == (change is None)


@pytest.mark.parametrize("page", [256, 512])
def test_a_board_with_small_pages_checks_an_update(tmp_path, page):
    """The flash driver reads at most one page, but the firmware must hash whole images.

    A delta requires the hash of the old image, and FINISH requires the hash of the new one.
    """
    board = replace(SMALL, name=f"pages-{page}", page_size=page)
    old, new = (hand_made(board, body=body_of(board) + data[:0x4000]) for data in (VOICE, trained_on(VOICE, 2)))
    update = replace(UPDATE, board=board, old=old, new=new)
    watch = update.watch(tmp_path)
    watch.power_on()
    owned = hashlib.sha256(b"ticktalk update" + old).digest()
    state = ask(watch, frames.UPDATE_BEGIN, begin(len(new), read_image(new).hash, owned))[-1]
    assert state[0] == frames.UPDATE_STATE and state[1][:32] == read_image(old).hash
    stream = delta.encode(new, old)
    for at in range(0, len(stream), 1000):
        assert ask(watch, frames.UPDATE_DATA, struct.pack("<I", at) + stream[at : at + 1000])[-1][0] == frames.UPDATE_AT
    assert last(ask(watch, frames.UPDATE_FINISH)) == (frames.OK, 0)
    assert watch.loader.boot() == read_image(new)
    watch.stop()
    watch.flash.close()


def test_an_image_that_leaves_no_room_for_the_boot_loaders_marks_is_refused(running):
    """Both the firmware and the host refuse the image before any bytes are sent.

    The firmware and the host accept an image that is one byte shorter.
    """
    largest = SMALL.slot_size - 40
    for size, good in ((largest, True), (largest + 1, False)):
        answer = ask(running, frames.UPDATE_BEGIN, begin(size))[-1][0]
        assert answer == (frames.UPDATE_STATE if good else frames.ERROR)
        image = hand_made(SMALL, body=body_of(SMALL).ljust(size - len(hand_made(SMALL, body=b"")), b"x"))
        assert len(image) == size
        if good:
            check_for_board(image, SMALL)
        else:
            with pytest.raises(ImageError, match="too big for small: 81881 bytes, but the slot of 81920 holds 81880"):
                check_for_board(image, SMALL)


def test_unsigned_older_and_strangers_images_are_refused(tmp_path, less_quick, file_of):
    """The firmware refuses unsigned and older images, and the boot loader refuses those that are signed with a
    different key."""
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    make_key(ours), make_key(theirs)

    def image(version, key, name="new"):
        return make_image(voiced(SMALL, name, VOICE[:0x4000]), SMALL, version, key)

    update = replace(
        UPDATE, old=image("1.1.0", ours, "old"), make_watch=lambda *where: compiled_watch(*where, key=public_key(ours))
    )
    watch = update.watch(tmp_path)
    with SimulatedDevice(watch) as device:
        for bad in (image("1.2.0", None), image("1.0.9", ours)):
            told = []
            with pytest.raises(
                VerifyError, match="holds no valid image after the upload"
            ):  # the boot loader has refused the second attempt
                flash(file_of(bad), SMALL, device.path, log=told.append)
            assert any("older than the running one or lacks a signature" in line for line in told)
            watch.power_on()
        with pytest.raises(VerifyError, match="the running firmware reports build"):
            flash(
                file_of(image("1.2.0", theirs)),
                SMALL,
                device.path,
                expect={"build": read_image(image("1.2.0", theirs)).hash.hex()},
            )
        watch.power_on()
        with pytest.raises(VerifyError, match="the image that is running has hash .*did not install the image"):
            flash(file_of(image("1.2.0", theirs)), SMALL, device.path, speaks=False)  # as `flash --image` does
        good = image("1.2.0", ours)
        assert (
            flash(file_of(good), SMALL, device.path, expect={"build": read_image(good).hash.hex()})["before"]["from"]
            == "application"
        )
    watch.stop()


# Emulated board


@pytest.mark.parametrize(
    ("name", "page"), [("qemu-m4", 4096), ("qemu-m33", 4096), ("qemu-m55", 4096), ("qemu-m4", 256)]
)
def test_a_voice_is_updated_on_the_emulated_board(tmp_path, file_of, name, page):
    """The first image is flashed through the boot loader, and the second is sent through the console.

    Afterwards, every sample comes from the second voice.
    """
    from ticktalk.boards.console.client import Console
    from ticktalk.boards.ports import open_port
    from ticktalk.boards.virtual.qemu_watch import VirtualWatch
    from ticktalk.firmware_gen.export import export_voice
    from ticktalk.firmware_gen.project.build import binary, build
    from ticktalk.runtime_sim.graphs.reader import load_graph
    from ticktalk.runtime_sim.speech import speak
    from ticktalk.runtime_sim.voice import load_voice

    board = replace(load_board(name), page_size=page)
    first = TINY
    second = shutil.copytree(first, tmp_path / "second")
    model = (second / "phoneme.tflite").read_bytes()
    tensor = max(
        (t for t in load_graph(model, "phoneme").tensors if t.data is not None and t.dtype == np.int8),
        key=lambda t: t.data.size,
    )
    moved = model.replace(tensor.data.tobytes(), trained_on(tensor.data.tobytes(), 4))
    (second / "phoneme.tflite").write_bytes(moved)
    manifest = second / "voice.toml"
    manifest.write_text(
        manifest.read_text().replace(hashlib.sha256(model).hexdigest(), hashlib.sha256(moved).hexdigest())
    )
    voices = [load_voice(path) for path in (first, second)]
    files = []
    for voice in voices:
        project = export_voice(voice, board, tmp_path / "project")
        files.append(file_of(make_image(binary(build(project, "arm")).read_bytes(), board), f"{voice.hash}.bin"))
    ids = [0, 3, 7, 0]
    expected = [speak(voice, ids, seed=1).tobytes() for voice in voices]
    assert expected[0] != expected[1]
    with VirtualWatch(board, tmp_path / "flash") as watch:
        for file, voice, samples, route in zip(
            files,
            voices,
            expected,
            ("through the boot loader", "as a delta, over the console"),
        ):
            result = flash(file, board, watch.port, expect={"voice": voice.hash})
            assert result["route"] == route
            with open_port(watch.port, board.baud) as port:
                assert Console(port).speak(ids, seed=1).pcm == samples
    assert result["wire_bytes"] < 0.1 * result["bytes"] and result["banner"]["voice"] == voices[1].hash
    assert (tmp_path / "flash").read_bytes()[: result["bytes"]] == files[1].read_bytes()
