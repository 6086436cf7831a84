"""Virtual boards whose boot loader is a USB drive: a folder represents the drive, and a chip model runs the
firmware."""

import importlib.util
import random
import threading
import time
import wave

import pytest
import serial

from tests.support.chips import as_played
from tests.support.paths import TINY
from ticktalk.boards.board import load_board
from ticktalk.boards.console.client import Console
from ticktalk.boards.flash import flash
from ticktalk.boards.images.formats import uf2_of
from ticktalk.boards.images.uf2 import BLOCK, FAMILIES, read_uf2, write_uf2
from ticktalk.boards.protocols.uf2 import drive
from ticktalk.boards.virtual.bootloaders.uf2 import Uf2Drive, free_drive, has_firmware, unmount
from ticktalk.boards.virtual.chip_board import ChipBoard
from ticktalk.boards.virtual.faults import Faults, PowerCut, parse
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.project.build import binary
from ticktalk.runtime_sim.speech import speak
from ticktalk.runtime_sim.voice import load_voice

PICO, PICO2, XIAO = (load_board(name) for name in ("pico", "pico2", "xiao-nrf52840"))
IDS = [0, 3, 7, 4, 0]
boards = pytest.mark.parametrize("board", [PICO, PICO2, XIAO], ids=lambda board: board.name)
needs_model = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


def image_of(board, seed=1):
    """Return four and a half pages. The boot loaders do not check them, except that the XIAO's requires a non-empty
    start."""
    return random.Random(seed).randbytes(4 * board.page_size + 2048)


class Powered:
    """A boot loader with its flash. `log` lists its messages."""

    def __init__(self, board, folder, script=""):
        self.folder, self.log, self.board = folder / "drive", [], board
        self.flash = VirtualFlash(folder / "flash", board.flash.size, board.page_size, 1, Faults(parse(script)))
        self.drive = Uf2Drive(board, self.flash, self.folder, self.log.append)

    def copy(self, file: bytes, name="firmware.uf2"):
        (self.folder / name).write_bytes(file)
        self.drive.poll()
        return self.drive.reset_requested

    @property
    def held(self):
        return self.flash.read(self.board.slot_address - self.board.flash.address, len(image_of(self.board)))


@boards
def test_the_drive_names_the_board_and_takes_a_file_in_pieces(board, tmp_path):
    powered = Powered(board, tmp_path)
    assert drive.find_drive(board, str(powered.folder)).board_id == board.uf2.board_id
    file = uf2_of(image_of(board), board)
    assert not any(powered.copy(file[:size]) for size in (0, 100, 5 * BLOCK, len(file) - 1))
    assert powered.copy(file) and powered.held == image_of(board)
    unmount(powered.folder)
    assert not list(powered.folder.iterdir())


def test_a_host_that_looks_while_the_drive_appears_finds_it_whole(tmp_path):
    flash = VirtualFlash(tmp_path / "flash", PICO.flash.size, PICO.page_size, 1, Faults([]))
    found, stopped = set(), threading.Event()

    def look():
        while not stopped.is_set():
            if (seen := drive.read_drive(tmp_path / "drive")) is not None:
                found.add(seen.board_id)

    host = threading.Thread(target=look)
    host.start()
    for _ in range(300):
        Uf2Drive(PICO, flash, tmp_path / "drive", [].append)
    stopped.set()
    host.join()
    assert found == {PICO.uf2.board_id}


@boards
def test_a_file_for_another_chip_is_refused_and_the_drive_remains(board, tmp_path):
    powered = Powered(board, tmp_path)
    before = powered.held
    other = next(family for family in FAMILIES.values() if family != board.uf2.family)
    assert not powered.copy(write_uf2(image_of(board), board.slot_address, other))
    assert (
        f"blocks of family {other:#010x} are ignored; {board.name} accepts {board.uf2.family:#010x}" in powered.log[0]
    )
    assert not powered.copy(write_uf2(image_of(board), board.slot_address + board.slot_size, board.uf2.family))
    assert powered.log[1].endswith(f"for address {board.slot_address + board.slot_size:#x} is out of range")
    assert not powered.copy(b"\0" * BLOCK, "notes.txt") and "notes.txt: ignored" in powered.log[-1]
    assert powered.held == before
    assert powered.copy(uf2_of(image_of(board), board)) and powered.held == image_of(board)


@boards
def test_after_a_truncated_file_or_a_power_cut_the_drive_takes_the_whole_file(board, tmp_path):
    powered = Powered(board, tmp_path, "write-cut@3")
    file = uf2_of(image_of(board), board)
    with pytest.raises(PowerCut):
        powered.copy(file)
    powered.drive = Uf2Drive(board, powered.flash, powered.folder, powered.log.append)
    assert not powered.copy(file[: len(file) // 2]) and (powered.folder / drive.INFO).exists()
    assert powered.copy(file, "again.uf2") and powered.held == image_of(board)


@pytest.mark.parametrize("board", [PICO, PICO2], ids=lambda board: board.name)
def test_after_an_interrupted_copy_over_firmware_the_drive_appears(board, firmware_of, tmp_path):
    image = binary(firmware_of(board)[1]).read_bytes()
    powered, file = Powered(board, tmp_path), uf2_of(image, board)
    assert read_uf2(file).data.startswith(image)
    for number, blocks in enumerate((1, 2, len(file) // BLOCK // 2, len(file) // BLOCK - 1)):
        assert powered.copy(file, f"{number}.uf2") and has_firmware(board, powered.flash)
        powered.drive = Uf2Drive(board, powered.flash, powered.folder, powered.log.append)
        assert not powered.copy(file[: blocks * BLOCK], f"{number}-again.uf2")
        assert not has_firmware(board, powered.flash)
        powered.drive = Uf2Drive(board, powered.flash, powered.folder, powered.log.append)


def test_the_nrf52840_keeps_its_softdevice_and_its_master_boot_record(tmp_path):
    powered = Powered(XIAO, tmp_path)
    assert not has_firmware(XIAO, powered.flash)
    powered.flash.program(0, bytes(XIAO.slot_address))
    assert powered.copy(uf2_of(image_of(XIAO), XIAO)) and has_firmware(XIAO, powered.flash)
    assert powered.flash.read(0, XIAO.slot_address) == bytes(XIAO.slot_address)


def test_each_running_board_has_a_drive_of_its_own_that_flash_finds(tmp_path, home, monkeypatch):
    monkeypatch.setattr(drive, "MOUNTS", tmp_path / "no mounts")
    monkeypatch.setattr(drive, "PLACES", ())
    first, second = free_drive(PICO2), free_drive(PICO2)
    assert (first.name, second.name) == ("pico2", "pico2-2")
    assert drive.find_drive(PICO2) is None
    (second / drive.INFO).write_text("UF2 Bootloader v1.0\nBoard-ID: RP2350\n")
    assert drive.find_drive(PICO2).path == second


@needs_model
@boards
def test_flash_copies_to_the_drive_and_by_way_of_the_firmware_and_the_board_speaks(
    board, firmware_of, tmp_path, monkeypatch, home
):
    for name, seconds in (("PROBE", 5), ("IDENTIFY", 60)):  # the run time depends on the machine's load
        monkeypatch.setattr(f"ticktalk.boards.flash.identifying.{name}", seconds)
    monkeypatch.setattr(drive, "MOUNTS", tmp_path / "no mounts")
    monkeypatch.setattr(drive, "PLACES", ())
    lines, file, pcm = [], tmp_path / "firmware.uf2", speak(load_voice(TINY), IDS, seed=1).tobytes()
    file.write_bytes(uf2_of(binary(firmware_of(board)[1]).read_bytes(), board))
    with ChipBoard(board, tmp_path / "flash", wav=tmp_path / "sound.wav", log=lines.append) as chip:
        for origin in ("boot loader", "application"):
            result = flash(file, board, chip.port)
            assert result["before"]["from"] == origin and result["proven"]
        with serial.Serial(chip.port, board.baud, timeout=0.1) as line:
            assert Console(line).speak(IDS).pcm == pcm
        assert chip.running, chip.failure
        assert not drive.read_drive(drive.virtual_drives() / board.name)
    with wave.open(str(tmp_path / "sound.wav")) as sound:
        assert as_played(pcm, settings(board, 16_000).sound) in sound.readframes(sound.getnframes())
    assert lines[0] == "the boot loader runs: there is no firmware in flash"
    assert lines.count("the firmware starts the ROM") == 1 and lines.count("booting the firmware in flash") == 2


@needs_model
def test_with_its_button_held_a_board_starts_in_its_boot_loader(tmp_path, home):
    flashed = tmp_path / "flash"
    flashed.mkdir()
    (flashed / "flash").write_bytes(bytes(XIAO.flash.size))
    with ChipBoard(XIAO, flashed, recovery=True) as chip:
        deadline = time.monotonic() + 10
        while drive.find_drive(XIAO, chip.drive) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert drive.find_drive(XIAO, chip.drive)
    assert drive.find_drive(XIAO, chip.drive) is None
