"""The drivers work around the anomalies of Nordic's chips that concern them (nrfx lists them).

Without a workaround, the chip model stops with an error."""

import importlib.util
import shutil
import struct

import pytest

from tests.support.chips import put_in_flash, wait
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.firmware_gen.project.build import build

OLD, NEW = load_board("nrf52840-dk"), load_board("nrf5340-dk")
SPEAK = frames.encode(frames.SPEAK, struct.pack("<BI", 0, 1) + bytes([0, 3, 7, 4, 0]))
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


class Board:
    """A board that speaks, started by a boot loader that has switched the UARTE off while it was receiving."""

    def __init__(self, board, elf, folder):
        from ticktalk.boards.virtual.chips.powered import Powered

        put_in_flash(folder, board, elf)
        said = bytearray()
        powered = Powered(board, folder, said.extend)
        self.chip = powered.chip
        self.chip.uart._receives = board is NEW
        wait(powered)
        powered.receive(SPEAK)
        wait(powered)
        self.kinds = [kind for kind, _ in frames.Decoder().feed(bytes(said))]


@pytest.mark.parametrize("board", [OLD, NEW], ids=lambda board: board.name)
def test_the_firmware_starts_and_speaks_in_spite_of_them(board, firmware_of, tmp_path):
    started = Board(board, firmware_of(board)[1], tmp_path)
    assert started.kinds[0] == frames.BANNER and started.kinds[-1] == frames.DONE
    if board is OLD:
        assert started.chip._peripherals["SYSTEM"].values["ANOMALY_246"] == 2


WORKAROUNDS = {
    44: (NEW, "uart.c", "    chip_uart_end();\n", "", "TASKS_STARTRX: the receiver is already running"),
    55: (OLD, "audio.c", "    I2S(I2S_INTEN) = 0;", "", "INTEN: TXPTRUPD, which STOP may generate .anomaly 55."),
    78: (OLD, "audio.c", "TIMER2_TASKS_SHUTDOWN", "TIMER2_TASKS_START + 4", "TIMER2 TASKS_STOP: .* .anomaly 78."),
    194: (OLD, "audio.c", "    chip_sound_release();\n", "", "ENABLE: the I2S keeps drawing current .anomaly 194."),
}


@pytest.mark.parametrize("anomaly", WORKAROUNDS)
def test_without_its_workaround_an_anomaly_is_an_error(anomaly, firmware_of, tmp_path):
    from ticktalk.boards.virtual.chips.errors import ChipError

    board, name, workaround, instead, message = WORKAROUNDS[anomaly]
    project = tmp_path / "project"
    shutil.copytree(firmware_of(board)[0], project, ignore=shutil.ignore_patterns("build"))
    file = project / "src" / "device" / name
    assert workaround in file.read_text()
    file.write_text(file.read_text().replace(workaround, instead))
    with pytest.raises(ChipError, match=message):
        Board(board, build(project), tmp_path / "flash")
