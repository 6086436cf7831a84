"""Test the firmware for the XIAO nRF52840, started as its boot loader starts it."""

import struct

import pytest

from tests.support.uf2_board import Board
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.errors import ImageError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.formats import check_image, read_image_file, uf2_of
from ticktalk.boards.images.uf2 import read_uf2
from ticktalk.boards.protocols.uf2 import drive
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.firmware_gen.project.build import binary

XIAO = load_board("xiao-nrf52840")


@pytest.fixture
def file(firmware_of, tmp_path):
    path = tmp_path / "firmware.uf2"
    path.write_bytes(uf2_of(binary(firmware_of(XIAO)[1]).read_bytes(), XIAO))
    return path


def test_the_boot_loader_of_the_variant_accepts_the_file(file, tmp_path, monkeypatch):
    monkeypatch.setattr(drive, "MOUNTS", tmp_path / "no mounts")
    monkeypatch.setattr(drive, "PLACES", (str(tmp_path / "media" / "*"),))
    (tmp_path / "media").mkdir()
    read = read_uf2(file.read_bytes())
    assert (read.address, read.family) == (0x27000, 0xADA5_2840)
    with Board(tmp_path / "media" / "XIAO-SENSE", board_id=XIAO.uf2.other_ids[0]) as watch:
        watch.mount()
        flash(file, XIAO, expect=None)
    assert watch.flash == read.data


def test_an_image_without_a_vector_table_for_the_boot_loader_is_refused(file):
    data = read_image_file(file, XIAO)
    assert check_image(data, XIAO).size == len(data)
    with pytest.raises(ImageError, match="reset handler 0x26fff is not in xiao-nrf52840's slot"):
        check_image(data[:4] + struct.pack("<I", 0x26FFF) + data[8:], XIAO)


def test_the_image_starts_at_the_boot_loaders_address_and_returns_to_its_drive(file, tmp_path):
    pytest.importorskip("unicorn")
    from ticktalk.boards.virtual.chips.errors import RomStarted
    from ticktalk.boards.virtual.chips.nrf52.chip import Nrf52840
    from ticktalk.boards.virtual.chips.sound_record import SoundRecord

    data = read_image_file(file, XIAO)
    contents = bytearray(b"\xff" * XIAO.flash.size)
    contents[XIAO.slot_address : XIAO.slot_address + len(data)] = data
    (tmp_path / "flash").write_bytes(contents)
    said = bytearray()
    chip = Nrf52840(XIAO, VirtualFlash(tmp_path / "flash", XIAO.flash.size), SoundRecord(), said.append)
    chip.start()
    while not chip.run():
        pass
    [(kind, banner)] = frames.Decoder().feed(bytes(said))
    assert kind == frames.BANNER and b"board=xiao-nrf52840\n" in banner and b"sound=ready" in banner
    chip.uart.incoming.add(frames.encode(frames.BOOT))
    with pytest.raises(RomStarted):
        while not chip.run():
            pass
