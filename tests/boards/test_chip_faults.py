"""After a fault during an update on a chip model, either the old or the new firmware boots.

The update is a delta: only a few bytes are sent, but the whole image is written. `TICKTALK_POWER_CUTS` is the number of
random power cuts.
"""

import importlib.util
import os
import random
import struct
from collections import Counter

import pytest

from tests.support.chips import Recorded, Wired, put_in_flash, two_slots
from tests.support.paths import TINY
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.runtime_sim.speech import speak
from ticktalk.runtime_sim.voice import load_voice

BOARDS = ("feather-stm32f405", "nucleo-l4r5zi", "stm32u5a9j-dk", "nrf52840-dk", "nrf5340-dk")
IDS = [0, 3, 7, 4, 0]
CUTS = int(os.environ.get("TICKTALK_POWER_CUTS", 4))  # for each board
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


@pytest.fixture(scope="module", params=BOARDS)
def outcomes(request, firmware_of, tmp_path_factory):
    """The outcomes of an update without faults, with a power cut, and with an error of the flash, by fault script."""
    folder = tmp_path_factory.mktemp("chip-faults")
    board = load_board(request.param)
    if board.secondary is None:
        board, _ = two_slots(folder)
    recorded = Recorded(board, firmware_of(board)[1], folder / "old")
    counts = recorded.counts
    found = recorded.run(folder / "flash", [*power_cuts(counts), *flash_errors(counts)])
    assert found[""].counts == counts
    return found


def power_cuts(counts: dict[str, int]) -> list[str]:
    """Return CUTS different power cuts. Up to a quarter each occur on the line, during erasing, and while MCUboot
    writes. The remaining ones occur while the firmware writes."""
    draw, cuts, written = random.Random(CUTS), [], counts["program-error"]
    parts = {
        "cut": [range(counts["cut"])],
        "erase-cut": [range(counts["erase-cut"])],
        "write-cut": [range(written, counts["write-cut"]), range(written)],
    }
    for kind, places in ((kind, places) for kind, ranges in parts.items() for places in ranges):
        number = CUTS - len(cuts) if places == range(written) else min(CUTS // 4, len(places))
        cuts += [f"{kind}@{at}" for at in draw.sample(places, number)]
    return cuts


def flash_errors(counts: dict[str, int]) -> list[str]:
    """Return errors of the first, a middle and the last word, and of the first and the last page."""
    words, pages = counts["program-error"], counts["erase-error"]
    errors = [f"program-error@{at}" for at in (0, words // 2, words - 1)]
    return [*errors, *(f"erase-error@{at}" for at in (0, pages - 1))]


def test_an_update_into_the_second_slot_boots_the_new_image(outcomes):
    whole = outcomes[""]
    assert whole.booted == ["1.0.0", "2.0.0"] and whole.started == 2 and not whole.errors


def test_after_a_power_cut_anywhere_the_old_or_the_new_firmware_boots(outcomes):
    seen = Counter()
    for script, outcome in outcomes.items():
        if "cut" in script:
            last = outcome.booted[-1]
            assert last in ("1.0.0", "2.0.0") and outcome.started == len(outcome.booted), (script, outcome)
            assert outcome.errors == [], (script, outcome)
            seen[script.split("@")[0], last] += 1
    assert sum(seen.values()) == CUTS
    print(dict(seen))


def test_an_error_of_the_flash_is_told_and_the_old_firmware_boots(outcomes):
    errors = {script: outcome for script, outcome in outcomes.items() if "error" in script}
    assert len(errors) == 5
    for script, outcome in errors.items():
        assert "flash refuses" in outcome.errors and set(outcome.booted) == {"1.0.0"}, (script, outcome)
        assert outcome.started == 2, (script, outcome)


@pytest.fixture
def flashed(firmware_of, tmp_path):
    """Return a function that writes a board's firmware to its flash and returns the board."""

    def put(name):
        board = load_board(name)
        put_in_flash(tmp_path / "flash", board, firmware_of(board)[1])
        return board

    return put


@pytest.mark.parametrize("name", BOARDS)
def test_a_request_that_loses_bytes_to_an_overrun_is_ignored_and_the_next_is_answered(name, flashed, tmp_path):
    wired = Wired(flashed(name), tmp_path / "flash", "overrun@3 overrun@5")
    assert wired.ask(frames.HELLO) == [] and wired.powered.chip.uart.lost
    assert wired.ask(frames.HELLO) == [(frames.BANNER, wired.banner.encode())]


@pytest.mark.parametrize(("name", "at"), [*((name, 20) for name in BOARDS), ("feather-stm32f405", 530)])
def test_a_failed_transfer_of_the_dma_is_told_and_the_firmware_goes_on(name, at, flashed, tmp_path):
    """On the STM32, the fault also occurs in the last buffers, when no further samples are waiting. On Nordic chips,
    only a timeout reveals that the output has stopped."""
    wired = Wired(flashed(name), tmp_path / "flash", f"dma-error@{at}")
    spoken = wired.ask(frames.SPEAK, struct.pack("<BI", 0, 1) + bytes(IDS * 2))
    pcm = b"".join(payload[4:] for kind, payload in spoken if kind == frames.PCM)
    assert pcm == speak(load_voice(TINY), IDS * 2, seed=1).tobytes()
    [(_, banner)], [(_, stats)] = wired.ask(frames.HELLO), wired.ask(frames.ASK_STATS)
    assert b"sound=failed\n" in banner and b"sound_hz=0\n" in stats


@pytest.mark.parametrize(("name", "rate"), [("nrf52840-dk", 47619), ("stm32u5a9j-dk", 16000)])
def test_the_core_sleeps_while_the_queue_of_the_sound_output_is_full(name, rate, flashed, tmp_path):
    wired = Wired(flashed(name), tmp_path / "flash")
    core, record = wired.powered.chip.core, wired.powered.record
    start, awake = core.now(), core.awake()
    wired.ask(frames.SPEAK, struct.pack("<BI", 0, 1) + bytes(IDS * 4))
    assert len(record.samples) > 2 * rate and not record.underruns
    assert core.awake() - awake < (core.now() - start) / 2
