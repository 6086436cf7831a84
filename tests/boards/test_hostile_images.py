"""The firmware, the host and the boot loader accept and refuse the same handcrafted images."""

import ctypes
import struct
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.flashing import update_of
from tests.support.hand_made import body_of, counter, hand_made
from tests.support.paths import ROOT
from tests.support.watch_console import compiled_watch
from ticktalk.boards.board import load_board
from ticktalk.boards.console import delta, frames
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.keys import make_key, public_key
from ticktalk.boards.images.mcuboot import check_for_board, read_image
from ticktalk.boards.virtual.mcuboot import BootLoader
from ticktalk.boards.virtual.nor_flash import Slot, VirtualFlash
from ticktalk.firmware_gen.chips.settings import NOTHING
from ticktalk.firmware_gen.project.render import render

BOARD = replace(load_board("qemu-m4"), name="hostile", slot_size=0x1_4000)
DEVICE = ROOT / "firmware_gen" / "templates" / "device"
SHA256, KEY_HASH, ED25519 = 0x10, 0x01, 0x24


def more(*pairs):
    return lambda held: [*held, *pairs]


def without(*kinds):
    return lambda held: [pair for pair in held if pair[0] not in kinds]


def instead(kind, value):
    return lambda held: [(k, value if k == kind else v) for k, v in held]


def turned(held):
    """Move the signature before the hash of its key."""
    return [held[0], *reversed(held[1:])]


GOOD = {
    "only a hash": {},
    "a counter": {"protected": [counter(7)]},
    "the largest counter": {"protected": [counter(0xFFFFFFFF)]},
    "dependencies and a vendor-specific value": {
        "protected": [(0x40, bytes(12)), (0x40, bytes(12)), counter(3), (0xA1, b"x")]
    },
    "no address": {"flags": 0, "address": 0},
    "position-independent code": {"flags": 0x101},
    "a signature of another type": {"behind": more((0x22, bytes(71)))},
}
# Maps a name to (changes, the host's error). Most of these images are signed with the device's key.
HOSTILE = {
    "an unsigned counter": ({"behind": more(counter(9))}, "security counter outside the protected area"),
    "a larger counter after the signed counter": (
        {"protected": [counter(1)], "behind": more(counter(0xFFFFFFFF))},
        "security counter outside the protected area",
    ),
    "two counters": ({"protected": [counter(1), counter(9)]}, "2 security counters instead of one"),
    "the same counter twice": ({"protected": [counter(1), counter(1)]}, "2 security counters"),
    "a short counter": ({"protected": [(0x50, b"\1\0\0")]}, "security counter has 3 bytes instead of 4"),
    "a long counter": ({"protected": [(0x50, bytes(8))]}, "security counter has 8 bytes instead of 4"),
    "an empty signature": ({"behind": instead(ED25519, b"")}, "signature has 0 bytes instead of 64"),
    "a signature followed by other bytes": ({"behind": instead(ED25519, bytes(65))}, "signature has 65 bytes"),
    "two signatures": ({"behind": more((ED25519, bytes(64)))}, "signature occurs twice"),
    "a signature without a key hash": ({"behind": without(KEY_HASH)}, "does not follow the hash of its key"),
    "a signature before the key hash": ({"behind": turned}, "does not follow the hash of its key"),
    "a short key hash": ({"behind": instead(KEY_HASH, bytes(31))}, "key hash has 31 bytes"),
    "two key hashes": ({"behind": more((KEY_HASH, bytes(32)))}, "key hash occurs twice"),
    "no hash": ({"behind": without(SHA256)}, "no SHA-256"),
    "no TLVs": ({"behind": lambda held: []}, "no SHA-256"),
    "an empty hash": ({"behind": instead(SHA256, b"")}, "SHA-256 has 0 bytes"),
    "a short hash": ({"behind": instead(SHA256, bytes(31))}, "SHA-256 has 31 bytes"),
    "two hashes": ({"behind": more((SHA256, bytes(32)))}, "SHA-256 occurs twice"),
    "a hash inside the hashed area": ({"protected": [(SHA256, bytes(32))]}, "type 0x10 is not allowed"),
    "a signature inside the signed area": ({"protected": [(ED25519, bytes(64))]}, "type 0x24 is not allowed"),
    "an unsigned dependency": ({"behind": more((0x40, bytes(12)))}, "type 0x40 outside"),
    "a TLV of type 0x150": ({"behind": more((0x150, bytes(4)))}, "type 0x150 outside"),
    "an encryption key": ({"behind": more((0x31, bytes(24)))}, "type 0x31 outside"),
    "encrypted": ({"flags": 0x104}, "header flags 0x104"),
    "encrypted with AES-256": ({"flags": 0x108}, "header flags 0x108"),
    "not bootable": ({"flags": 0x110}, "header flags 0x110"),
    "loaded into RAM": ({"flags": 0x20}, "header flags 0x20"),
    "compressed": ({"flags": 0x300}, "header flags 0x300"),
    "an unknown flag": ({"flags": 0x80000100}, "header flags 0x80000100"),
    "a short header before unhashed code": (
        {"header_size": 0x20, "body": b""},
        "no vector table: only 0 bytes",
    ),
    "a short header": ({"header_size": 0x20}, "the header has 0x20 bytes, but hostile requires 0x200"),
    "a long header": ({"header_size": 0x400}, "the header has 0x400 bytes"),
    "a header smaller than its own fields": ({"header_size": 0x1C, "body": bytes(100)}, "the header states"),
    "no code": ({"body": b""}, "no vector table: only 0 bytes"),
    "half a vector table": ({"body": bytes(7)}, "no vector table: only 7 bytes"),
    "built for another slot": ({"address": 0x2_0000}, "built to run at 0x20000"),
    "larger than the address space": ({"size": 0xFFFF_FFF0}, "the header states"),
    "a missing protected area": ({"told": 8}, "no hash after the image"),
    "a protected area longer than the header declares": (
        {"protected": [counter(1)], "told": 4},
        "protected TLV area is damaged",
    ),
    "an empty protected area": ({"protected": [counter(1)], "told": 0}, "no hash after the image"),
    "a TLV area that ends within a value": ({"total": 30}, "TLV area is damaged"),
    "a TLV area that ends within an entry's header": ({"total": 4 + 36 + 2}, "TLV area is damaged"),
    "a TLV area of two bytes": ({"total": 2}, "no hash after the image"),
    "a TLV area that extends past the slot": (
        {"total": 0xFFFF, "body": body_of(BOARD) + bytes(0x8000)},
        "no hash after the image",
    ),
}


class BootImage(ctypes.Structure):
    """The firmware's `struct boot_image`."""

    _fields_ = [
        ("bytes", ctypes.c_uint32),
        ("hashed", ctypes.c_uint32),
        ("hash", ctypes.c_uint8 * 32),
        ("counter", ctypes.c_uint32),
        ("has_counter", ctypes.c_bool),
        ("is_signed", ctypes.c_bool),
        ("found", ctypes.c_uint64),
    ]


@pytest.fixture(scope="module")
def firmware(tmp_path_factory):
    """Return a function that reads a slot with the firmware's C code and returns its BootImage or None."""
    folder = tmp_path_factory.mktemp("boot_image")
    (folder / "board.h").write_text(render("device/board.h.j2", board=BOARD, divider=16, chip=NOTHING))
    sources = [DEVICE / "update" / name for name in ("boot_image.c", "sha256.c")]
    command = ["gcc", "-std=c11", "-O1", "-shared", "-fPIC", f"-I{folder}", f"-I{DEVICE}", f"-I{DEVICE}/update"]
    subprocess.run([*command, *sources, "-o", folder / "boot_image.so"], check=True)
    library = ctypes.CDLL(str(folder / "boot_image.so"))
    reader = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32)
    library.boot_image_read.restype = library.boot_image_hash.restype = ctypes.c_bool

    def read(slot: bytes):
        def bytes_of(offset, to, size):
            if offset + size > len(slot):
                return False
            assert size <= BOARD.page_size, "a read exceeds the driver's window"
            ctypes.memmove(to, slot[offset : offset + size], size)
            return True

        found, digest, call = BootImage(), (ctypes.c_uint8 * 32)(), reader(bytes_of)
        if not library.boot_image_read(call, ctypes.byref(found)):
            return None
        tick = ctypes.CFUNCTYPE(None)(lambda: None)
        assert library.boot_image_hash(call, found.hashed, b"", tick, digest)
        return found if bytes(digest) == bytes(found.hash) else None

    return read


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "ours.pem"
    make_key(path)
    return path


@pytest.fixture
def boots(tmp_path):
    """Return a function that boots an image as the boot loader does, with or without a trusted key.

    The function returns the image, or raises `ImageError` if the boot loader rejects it.
    """
    flash = VirtualFlash(tmp_path / "flash", BOARD.slot_size, BOARD.page_size, BOARD.word_size)

    def boot(image, trusted=None):
        slot = Slot(flash, 0, BOARD.slot_size)
        slot.erase()
        slot.program(0, image + b"\xff" * (-len(image) % BOARD.word_size))
        return BootLoader(BOARD, slot, None, trusted, tmp_path / "counter").boot()

    yield boot
    flash.close()


def slot_with(image: bytes) -> bytes:
    return image.ljust(BOARD.slot_size, b"\xff")


def judged_by_imgtool(path, image: bytes, key=None) -> bool:
    from click.testing import CliRunner
    from imgtool.main import imgtool

    path.write_bytes(image)
    done = CliRunner().invoke(imgtool, ["verify", *(["--key", str(key)] if key else []), str(path)])
    return done.exit_code == 0 and "Image was correctly validated" in done.output


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("signed", [False, True])
def test_good_images_are_taken_by_all(tmp_path, firmware, boots, key, name, signed):
    image = hand_made(BOARD, key if signed else None, **GOOD[name])
    host, watch, started = check_for_board(image, BOARD), firmware(slot_with(image)), boots(image)
    assert host == started == read_image(slot_with(image))
    assert (watch.bytes, bytes(watch.hash), watch.is_signed) == (len(image), host.hash, signed)
    assert (watch.counter, watch.has_counter) == (host.counter or 0, host.counter is not None)
    assert bool(host.signature) == signed
    assert judged_by_imgtool(tmp_path / "image.bin", image, key if signed else None)
    if signed and host.counter is not None:
        assert boots(image, public_key(key)) == host


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_images_are_refused_by_all(firmware, boots, key, name):
    made, words = HOSTILE[name]
    image = hand_made(BOARD, key, **made)
    assert firmware(slot_with(image)) is None
    with pytest.raises(ImageError, match=words):
        check_for_board(slot_with(image) if name != "larger than the address space" else image, BOARD)
    for trusted in (None, public_key(key)):
        with pytest.raises(ImageError, match=words):
            boots(image, trusted)


@pytest.mark.parametrize("change", [instead(SHA256, bytes(32)), instead(ED25519, bytes(64)), without(ED25519), turned])
def test_what_imgtool_refuses_no_device_with_a_key_starts(tmp_path, boots, key, change):
    """Devices refuse more images than imgtool, which accepts a signature that precedes its key's hash.

    MCUboot ignores such a signature.
    """
    image = hand_made(BOARD, key, protected=[counter(1)], behind=change)
    assert judged_by_imgtool(tmp_path / "image.bin", image, key) == (change is turned)
    with pytest.raises(ImageError):
        boots(image, public_key(key))


def test_a_device_with_a_key_wants_a_counter(boots, key):
    with pytest.raises(ImageError, match="the signed image has no security counter"):
        boots(hand_made(BOARD, key), public_key(key))


def test_an_older_image_is_not_started_whatever_is_appended(boots, key):
    trusted = public_key(key)
    assert boots(hand_made(BOARD, key, protected=[counter(5)]), trusted).counter == 5
    for older in (more(), more(counter(6)), more(counter(0xFFFFFFFF))):
        with pytest.raises(ImageError, match="security counter"):
            boots(hand_made(BOARD, key, protected=[counter(4)], behind=older), trusted)
    assert (
        boots(hand_made(BOARD, key, protected=[counter(5)]), trusted).counter == 5
    )  # the device's counter is unchanged


PAIRS = st.lists(
    st.tuples(
        st.sampled_from([0x01, 0x02, 0x10, 0x11, 0x22, 0x24, 0x30, 0x40, 0x50, 0x150, 0xA0, 0xFFFF]),
        st.sampled_from([0, 1, 3, 4, 5, 31, 32, 33, 63, 64, 65]).map(lambda size: bytes(range(size))),
    ),
    max_size=3,
)


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_firmware_and_host_agree_on_any_image(firmware, key, data):
    """The images have TLVs of any type, length and order in both areas, and valid and invalid sizes and flags."""
    added = data.draw(PAIRS)
    order = data.draw(st.permutations(range(3)))
    image = hand_made(
        BOARD,
        key,
        protected=data.draw(PAIRS),
        behind=lambda held: [held[i] for i in order] + added,
        flags=data.draw(st.sampled_from([0, 1, 0x100, 0x100, 0x101, 0x104, 0x110])),
        header_size=data.draw(st.sampled_from([0x200] * 6 + [0x20, 0x1C, 0x400])),
        body=body_of(BOARD)[: data.draw(st.sampled_from([100] * 4 + [0, 7, 8, 9]))],
        told=data.draw(st.sampled_from([None] * 6 + [0, 4, 8, 12, 0xFFFF])),
        total=data.draw(st.sampled_from([None] * 6 + [0, 3, 4, 40, 0xFFFF])),
    )
    slot = slot_with(image)
    ours = firmware(slot)
    try:
        host = read_image(slot)
        agreed = host.header_size == BOARD.header_size and host.address in (None, BOARD.slot_address)
    except ImageError:
        agreed = False
    assert (ours is not None) == agreed
    if ours:
        assert (ours.bytes, ours.counter, ours.is_signed) == (host.size, host.counter or 0, bool(host.signature))


@pytest.fixture(scope="module")
def old(key):
    """Return the running image, which is signed and has counter 5."""
    return hand_made(BOARD, key, protected=[counter(5)])


@pytest.fixture
def running(tmp_path, home, old):
    update = replace(update_of(BOARD, compiled_watch, 0x4000), old=old)
    watch = update.watch(tmp_path)
    watch.power_on()
    yield watch
    watch.stop()
    watch.flash.close()


def finish(watch, image: bytes) -> tuple[int, bytes]:
    """Return the running firmware's response to FINISH after `image` has been sent."""

    def ask(kind, payload=b""):
        return frames.Decoder().feed(watch.firmware.feed(frames.encode(kind, payload)))[-1]

    hash = image[image.rfind(struct.pack("<HH", SHA256, 32)) + 4 :][:32]
    ask(frames.UPDATE_BEGIN, struct.pack("<II", len(image), 1) + hash)
    stream = delta.encode(image)
    for at in range(0, len(stream), 1000):
        ask(frames.UPDATE_DATA, struct.pack("<I", at) + stream[at : at + 1000])
    kind, payload = ask(frames.UPDATE_FINISH)
    return kind, payload[:1]


def test_the_running_firmware_takes_no_hostile_image(running, key):
    """The firmware is compiled with sanitizers, and the host sends its usual requests."""
    for made, _ in HOSTILE.values():
        assert finish(running, hand_made(BOARD, key, **made)) == (frames.ERROR, b"\x07")
    assert not running.loader.pending()


@pytest.mark.parametrize(
    ("made", "taken"),
    [
        ({"protected": [counter(5)]}, True),
        ({"protected": [counter(6)]}, True),
        ({"protected": [counter(4)]}, False),
        ({"protected": [counter(4)], "behind": more(counter(9))}, False),
        ({"protected": [counter(5)], "behind": more(counter(0xFFFFFFFF))}, False),
        ({"protected": [counter(5)], "behind": without(ED25519)}, False),
        ({"protected": [counter(5)], "behind": instead(ED25519, b"")}, False),
        ({}, False),
    ],
)
def test_only_what_is_signed_counts_against_a_downgrade(running, key, made, taken):
    assert finish(running, hand_made(BOARD, key, **made)) == ((frames.OK, b"") if taken else (frames.ERROR, b"\x07"))
    assert running.loader.pending() == taken
