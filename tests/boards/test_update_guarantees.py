"""Test what an update that is sent to the console can never do, whoever sends it."""

import hashlib
import random
import struct
from dataclasses import replace

import pytest

from tests.boards.test_update import SMALL, UPDATE
from tests.support.flashing import VOICE, trained_on
from tests.support.hand_made import body_of, hand_made
from tests.support.watch_console import compiled_watch
from tests.support.watch_firmware import voiced
from ticktalk.boards.console import delta, frames
from ticktalk.boards.errors import ImageError, VerifyError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.keys import make_key, public_key
from ticktalk.boards.images.mcuboot import check_for_board, make_image, read_image
from ticktalk.boards.virtual.pty_device import SimulatedDevice

pytestmark = pytest.mark.usefixtures("home")


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
