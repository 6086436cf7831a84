"""The driver family in a board file selects the device drivers, and missing drivers are reported."""

import shutil
from dataclasses import replace

import pytest

from ticktalk.boards.board import load_board
from ticktalk.boards.board_tables import Secondary
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project import device

M4 = load_board("qemu-m4")


def test_a_family_of_drivers_is_found_by_the_name_of_its_folder(tmp_path, monkeypatch):
    """The chip in this test has its own UART and flash drivers, but no memory window and no counter."""
    board = replace(M4, uart=replace(M4.uart, driver="x1"), secondary=Secondary("x1", 0x5000_0000), counter=None)
    with pytest.raises(BuildError, match="'uart.driver' is 'x1', but .*drivers/x1 has no uart.c; .*cmsdk"):
        device.device_files(board, "voice", "voice")
    templates = tmp_path / "templates"
    shutil.copytree(device._TEMPLATES, templates)
    (templates / "device" / "drivers" / "x1").mkdir()
    for part in ("uart", "slots"):
        (templates / "device" / "drivers" / "x1" / f"{part}.c").write_text(f"/* {part} of the x1 */\n")
    monkeypatch.setattr(device, "_TEMPLATES", templates)
    files = device.device_files(board, "voice", "voice")
    for part in ("uart", "slots"):
        assert files[f"src/device/{part}.c"] == f"/* {part} of the x1 */\n"
    assert "WINDOW" not in files["src/device/board.h"] and "boards without a counter" in files["src/device/counter.c"]


def test_no_firmware_is_made_where_there_is_no_glue_for_it():
    with pytest.raises(
        BuildError, match="alif-e7: no complete firmware for this board.*export --library --board alif-e7"
    ):
        device.device_files(load_board("alif-e7"), "voice", "voice")
