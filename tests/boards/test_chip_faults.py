"""After a fault during an update on a chip model, either the old or the new firmware boots.

The update is a delta: only a few bytes are sent, but the whole image is written. `TICKTALK_POWER_CUTS` is the number of
random power cuts.
"""

import importlib.util
import os
import random
import struct

import pytest

from tests.boards.test_chip_models import IDS, console_of
from tests.support.chips import Recorded, put_in_flash, two_slots, wait
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.virtual.chip_board import ChipBoard

CUTS = int(os.environ.get("TICKTALK_POWER_CUTS", 3))  # for each board
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


@pytest.fixture(scope="module", params=["feather-stm32f405", "nucleo-l4r5zi", "nrf52840-dk"])
def recorded(request, firmware_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("chip-faults")
    board = load_board(request.param)
    if board.secondary is None:
        board, _ = two_slots(folder)
    _, elf = firmware_of(board)
    return Recorded(board, elf, folder / "old")


@pytest.fixture(scope="module")
def whole(recorded, tmp_path_factory):
    return recorded.run(tmp_path_factory.mktemp("whole") / "flash", "")


def test_an_update_into_the_second_slot_boots_the_new_image(whole):
    assert whole.booted == ["1.0.0", "2.0.0"] and whole.started == 2 and not whole.errors


def test_after_a_power_cut_anywhere_the_old_or_the_new_firmware_boots(recorded, whole, tmp_path):
    draw = random.Random(CUTS)
    seen = {}
    for number in range(CUTS):
        turn = number if recorded.board.name == "feather-stm32f405" else number + 2
        kind = ("cut", "write-cut", "erase-cut", "write-cut")[turn % 4]
        most = whole.counts["" if kind == "cut" else kind]
        script = f"{kind}@{draw.randrange(most)}"
        outcome = recorded.run(tmp_path / str(number), script)
        last = outcome.booted[-1]
        assert last in ("1.0.0", "2.0.0") and outcome.started == len(outcome.booted), (script, outcome)
        assert outcome.errors == [], (script, outcome)
        seen.setdefault((kind, last), []).append(script)
    assert sum(len(scripts) for scripts in seen.values()) == CUTS
    print({key: len(scripts) for key, scripts in seen.items()})


def test_an_error_of_the_flash_is_told_and_the_old_firmware_boots(recorded, whole, tmp_path):
    words = whole.counts["program-error"]
    scripts = {
        "first": "program-error@0",
        "last": f"program-error@{words - 1}",
        "middle": f"program-error@{words // 2}",
        "erase": f"erase-error@{whole.counts['erase-error'] - 1}",
    }
    names = ("first", "last") if recorded.board.name == "feather-stm32f405" else ("middle", "erase")
    for name, script in ((name, scripts[name]) for name in names):
        outcome = recorded.run(tmp_path / name, script)
        assert "flash refuses" in outcome.errors and outcome.booted == ["1.0.0", "1.0.0"], (script, outcome)


@pytest.fixture
def flashed(firmware_of, tmp_path):
    """Return a function that writes a board's firmware to its flash and returns the board."""

    def put(name):
        board = load_board(name)
        put_in_flash(tmp_path / "flash", board, firmware_of(board)[1])
        return board

    return put


@pytest.mark.parametrize("name", ["feather-stm32f405", "nrf52840-dk"])
def test_an_overrun_of_the_uart_is_told_by_the_frame_and_the_next_request_is_answered(name, flashed, tmp_path):
    board = flashed(name)
    with ChipBoard(board, tmp_path / "flash", faults="overrun@3 overrun@5") as chip:
        console = console_of(chip)
        console.wait_banner(30)
        with pytest.raises(DeviceError):
            console.hello(3)
        assert console.hello(20)["board"] == board.name and chip.running


@pytest.mark.parametrize(("name", "at"), [("feather-stm32f405", 20), ("feather-stm32f405", 530), ("nrf52840-dk", 20)])
def test_a_failed_transfer_of_the_dma_is_told_and_the_firmware_goes_on(name, at, flashed, tmp_path):
    """On the STM32, the fault also occurs in the last buffers, when no further samples are waiting. On the nRF52840,
    only a timeout reveals that the output has stopped."""
    board = flashed(name)
    with ChipBoard(board, tmp_path / "flash", faults=f"dma-error@{at}") as chip:
        console = console_of(chip)
        console.wait_banner(30)
        pcm = console.speak(IDS * 2, silence=60).pcm
        assert len(pcm) > 2 * 4096 and chip.running, chip.failure
        while console.hello(60)["sound"] != "failed":
            assert chip.running, chip.failure
        assert console.stats()["sound_hz"] == 0


@pytest.mark.parametrize(("name", "rate"), [("nrf52840-dk", 47619), ("stm32u5a9j-dk", 16000)])
def test_the_core_sleeps_while_the_queue_of_the_sound_output_is_full(name, rate, flashed, tmp_path):
    from ticktalk.boards.virtual.chips.powered import Powered

    board = flashed(name)
    powered = Powered(board, tmp_path / "flash", lambda data: None)
    wait(powered)
    core = powered.chip.core
    start, awake = core.now(), core.awake()
    powered.receive(frames.encode(frames.SPEAK, struct.pack("<BI", 0, 1) + bytes(IDS * 4)))
    wait(powered)
    assert len(powered.record.samples) > 2 * rate and not powered.record.underruns
    assert core.awake() - awake < (core.now() - start) / 2
    powered.flash.close()
