"""The model of the Raspberry Pi Pico's chip refuses what the chip does not allow, and starts the second boot stage.

test_virtual_drives.py runs the firmware on it, and firmware_gen/test_pico.py runs the same image on rp2040js.
"""

import importlib.util
import json

import pytest

from tests.support.paths import TESTS
from ticktalk.boards.board import load_board
from ticktalk.boards.virtual.chips.facts import load_facts
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.firmware_gen.project.build import binary

PICO = load_board("pico")
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")
CTRLR0, SSIENR, BAUDR, DR0, SPI_CTRLR0 = 0x00, 0x08, 0x14, 0x60, 0xF4  # offsets of the SSI's registers
BYTES, QUAD, COMMAND = 0x0007_0000, 0x005F_0300, 0x2221  # their values in the second stage
SET_UP = [(SSIENR, 0), (BAUDR, 2), (CTRLR0, BYTES), (SSIENR, 1)]
QUAD_READ = [(SSIENR, 0), (CTRLR0, QUAD), (SPI_CTRLR0, COMMAND), (SSIENR, 1), (DR0, 0xEB), (DR0, 0xA0)]


@pytest.fixture
def chip(tmp_path):
    return chip_with(b"", tmp_path)


def chip_with(image, folder):
    from ticktalk.boards.virtual.chips.rp2040.chip import Rp2040
    from ticktalk.boards.virtual.chips.sound_record import SoundRecord

    (folder / "flash").write_bytes(image.ljust(PICO.flash.size, b"\xff"))
    return Rp2040(PICO, VirtualFlash(folder / "flash", PICO.flash.size), SoundRecord(), lambda byte: None)


def test_the_model_has_the_registers_that_the_drivers_are_checked_with():
    facts, checked = load_facts("rp2040"), 0
    for name, listed in json.loads((TESTS / "data" / "rp2040.json").read_text())["registers"].items():
        peripheral = max((each for each in facts.bases if name.startswith(f"{each}_")), key=len, default=None)
        if peripheral:  # the core's own registers are not the vendor's
            register = facts.registers[peripheral][name.removeprefix(f"{peripheral}_")]
            assert facts.bases[peripheral] + register.offset == listed["address"], name
            assert {key: list(field) for key, field in register.fields.items()} == listed["fields"], name
            checked += 1
    assert checked == 57


def test_the_second_stage_switches_to_quad_reads_without_a_command(firmware_of, tmp_path):
    chip = chip_with(binary(firmware_of(PICO)[1]).read_bytes(), tmp_path)
    chip.start()
    assert not chip.ssi.continuous
    while not PICO.flash.address <= chip.core.pc < PICO.flash.end:
        chip.run()
    assert chip.ssi.continuous


@pytest.mark.parametrize(
    "writes, words",
    [
        ([(BAUDR, 2)], "BAUDR: changed while the SSI is enabled"),
        ([(SSIENR, 0), (BAUDR, 1), (SSIENR, 1)], "BAUDR: 1 is too fast for the flash, or odd"),
        ([(SSIENR, 0), (DR0, 5)], "DR0: written while the SSI is disabled"),
        ([*SET_UP, (DR0, 0x9F)], "DR0: command 0x9f with 0 bytes is not modelled"),
        ([*SET_UP, (DR0, 0x31), (DR0, 2)], "status is written without the command that permits it"),
        ([*SET_UP, *QUAD_READ], "the flash does not accept command 0xeb for a quad read"),
        ([(SSIENR, 0), (BAUDR, 2), (CTRLR0, 0x0047_0000), (SSIENR, 1), (DR0, 5)], "in a mode that is not modelled"),
    ],
)
def test_what_the_flash_or_the_ssi_does_not_allow_is_an_error(chip, writes, words):
    from ticktalk.boards.virtual.chips.errors import ChipError

    with pytest.raises(ChipError, match=words):
        for offset, value in writes:
            chip.ssi.write(offset, 4, value)


def test_firmware_in_flash_needs_a_second_stage(firmware_of, tmp_path):
    from ticktalk.boards.virtual.chips.errors import ChipError

    chip = chip_with(binary(firmware_of(PICO)[1]).read_bytes(), tmp_path)
    chip.core.jump(PICO.code_address)
    with pytest.raises(ChipError, match="the SSI is not set up for continuous quad reads"):
        chip.run()
