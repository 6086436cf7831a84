"""Test updates that are sent through the console.

The tests cover the stream, the firmware's receiver in C, injected faults, and the emulated board.
"""

import ctypes
import hashlib
import random
import shutil
import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest

from tests.support.flashing import RUNS, VOICE, booted, cut_scripts, fault_scripts, survive, trained_on, update_of
from tests.support.paths import ROOT, TINY
from tests.support.watch_console import compiled_watch
from tests.support.watch_firmware import voiced
from ticktalk.boards.board import load_board
from ticktalk.boards.console import delta
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images import cache
from ticktalk.boards.images.mcuboot import make_image, read_image
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
