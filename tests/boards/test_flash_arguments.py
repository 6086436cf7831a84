"""Test what `flash` refuses before it opens a port, and the largest images and versions that it takes."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.front import assert_refused, ticktalk
from tests.support.hand_made import body_of, hand_made
from tests.support.watch_firmware import firmware
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import ImageError, PortError
from ticktalk.boards.flash import flash, plan
from ticktalk.boards.images.keys import make_key
from ticktalk.boards.images.mcuboot import VERSION_LIMITS, make_image, read_image
from ticktalk.cli import app
from ticktalk.firmware_gen.project.device import flash_limit

M4 = load_board("qemu-m4")
pytestmark = pytest.mark.usefixtures("home")


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
