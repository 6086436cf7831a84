"""Test the firmware of the Raspberry Pi Pico 2: its image, its clocks, and copying the image to the ROM's drive."""

import json
import struct
from dataclasses import replace

import pytest

from tests.support.front import ticktalk
from tests.support.paths import TINY
from tests.support.uf2_board import Board
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.formats import check_image, uf2_of
from ticktalk.boards.images.uf2 import read_uf2
from ticktalk.boards.protocols.uf2 import drive
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.chips.rp2 import pll_dividers
from ticktalk.firmware_gen.chips.rp2350 import FAMILY
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.build import binary

PICO2 = load_board("pico2")

# The block as pico-sdk writes it (src/rp2_common/pico_crt0/embedded_start_block.inc.S, and boot/picobin.h), with the
# item for the vector table.
BLOCK = (0xFFFFDED3, 0x10210142, 0x00000203, 0x10000200, 0x000003FF, 0, 0xAB123579)


@pytest.fixture
def image(firmware_of):
    return binary(firmware_of(PICO2)[1]).read_bytes()


def test_the_image_starts_with_the_block_for_the_rom(image):
    assert struct.unpack_from("<7I", image) == BLOCK
    assert check_image(image, PICO2).size == len(image)


@pytest.mark.parametrize(
    "word, value",
    [
        (0, 0),  # no block
        (1, 0x11210142),  # for the RISC-V cores
        (1, 0x10110142),  # for non-secure state
        (2, 0x00000103),  # an item with a different length
        (2, 0x00000003),
        (3, 0x20000000),  # a vector table elsewhere
        (4, 0x000004FF),
        (5, 0x100),  # another block
        (6, 0),
    ],
)
def test_an_image_that_the_rom_would_not_start_is_refused(image, word, value):
    damaged = image[: 4 * word] + struct.pack("<I", value) + image[4 * word + 4 :]
    with pytest.raises(ImageError, match="contain no block with image type 0x1021 and a vector table"):
        check_image(damaged, PICO2)


def test_the_file_is_copied_to_the_drive_of_the_rom(image, tmp_path, monkeypatch):
    monkeypatch.setattr(drive, "MOUNTS", tmp_path / "no mounts")
    monkeypatch.setattr(drive, "PLACES", (str(tmp_path / "media" / "*"),))
    (tmp_path / "media").mkdir()
    file = tmp_path / "firmware.uf2"
    file.write_bytes(uf2_of(image, PICO2))
    with Board(tmp_path / "media" / "RP2350", board_id="RP2350") as pico:
        pico.mount()
        flash(file, PICO2, expect=None)
    read = read_uf2(file.read_bytes())
    assert pico.flash == read.data and (read.address, read.family) == (0x1000_0000, 0xE48B_FF59)


def test_the_command_line_makes_the_file_and_plans_the_copy(tmp_path):
    done = ticktalk(
        "export", "--board", "pico2", "--voice", TINY, "--text", "none", "--uf2", "-o", tmp_path / "out", cache=tmp_path
    )
    assert done.returncode == 0, done.stderr
    file = tmp_path / "out" / "firmware.uf2"
    planned = ticktalk("flash", "--board", "pico2", "--image", file, "--dry-run", "--json", cache=tmp_path)
    assert json.loads(planned.stdout)["address"] == 0x1000_0000
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["sound"] == {"line_hz": 16000, "exact_hz": 16000.0, "repeat": 1, "error_percent": 0.0}


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 24_000])
def test_the_sample_rate_is_exact_enough(rate):
    sound = settings(PICO2, rate).sound
    assert abs(sound.error) < 5e-5 and sound.line_hz == sound.parts * rate


def test_the_plls_dividers_are_those_of_the_sdk():
    assert pll_dividers(PICO2, FAMILY) == (125, 5, 2)


def test_facts_of_a_board_that_the_chip_does_not_have_are_refused():
    fast = replace(PICO2, clock_hz=200_000_000, uart=replace(PICO2.uart, clock_hz=200_000_000))
    with pytest.raises(BuildError, match="'clock_hz' is 200000000, which is above 150000000 .*; use 150000000 with"):
        settings(fast, 16_000)
    with pytest.raises(BuildError, match="'watchdog.seconds' is 17, but must be at most 16"):
        settings(replace(PICO2, watchdog=replace(PICO2.watchdog, seconds=17)), 16_000)
