"""The independent watchdog of an STM32 resets a core that hangs, but neither one that sleeps nor the ROM."""

import importlib.util
from dataclasses import replace

import pytest

from tests.support.chips import Wired, put_in_flash, wait
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.errors import BuildError

FLAGS = [("feather-stm32f405", "WDGRSTF"), ("nucleo-l4r5zi", "IWDGRSTF"), ("stm32u5a9j-dk", "IWDGRSTF")]
SECOND = 10**12
UNLOCK, RELOAD, DIVIDE_BY_4 = 0x5555, 0xAAAA, 0
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


@pytest.fixture
def wire(firmware_of, tmp_path):
    """Return a function that powers a board on."""

    def powered_on(name):
        board = load_board(name)
        put_in_flash(tmp_path / "flash", board, firmware_of(board)[1])
        return Wired(board, tmp_path / "flash")

    return powered_on


@pytest.mark.parametrize("name, flag", FLAGS)
def test_a_core_that_hangs_is_reset_and_one_that_sleeps_is_not(name, flag, wire):
    wired = wire(name)
    chip, ram = wired.powered.chip, wired.powered.board.ram.address
    core, watchdog = chip.core, chip.watchdog
    fed = core.now()
    core.at(core.now() + 60 * SECOND, lambda time: None)  # otherwise, time stands still while the core sleeps
    wait(wired.powered)
    assert core.now() - fed >= 60 * SECOND and wired.powered.chip is chip
    watchdog.write_kr(UNLOCK)
    watchdog.write_pr(DIVIDE_BY_4)
    core.at(core.now() + SECOND // 1000, lambda time: watchdog.write_kr(RELOAD))  # then 10 s become 0.156 s
    start = core.now()
    chip._peripherals["TIM7"].write_cr1(0)  # the core is now awake
    core.load(ram, b"\xfe\xe7")  # an endless loop
    core._go(ram | 1)
    core.sleeping = False
    wait(wired.powered)
    assert 0.157 <= (core.now() - start) / SECOND < 0.158
    assert (
        wired.powered.chip is not chip and not chip.rcc.field("CSR", flag) and wired.powered.chip.rcc.field("CSR", flag)
    )
    assert [kind for kind, _ in wired.ask(frames.HELLO)] == [frames.BANNER, frames.BANNER]  # the first after the reset


@pytest.mark.parametrize("name", [name for name, _ in FLAGS])
def test_the_rom_is_started_by_a_reset_which_stops_the_watchdog(name, wire):
    wired = wire(name)
    chip = wired.powered.chip
    assert chip.watchdog.runs
    wired.ask(frames.BOOT)
    assert wired.powered.chip is None  # the ROM runs, whose start fails if the watchdog runs


def test_what_the_manual_forbids_is_a_named_error(wire):
    from ticktalk.boards.virtual.chips.errors import ChipError

    chip = wire("nucleo-l4r5zi").powered.chip
    watchdog = chip.watchdog
    for write, value, message in (
        (watchdog.write_pr, 3, "IWDG PR: written without the key 0x5555 in KR"),
        (watchdog.write_kr, 1, "IWDG KR: 0x1 is not a key"),
        (watchdog.write_winr, 1, "IWDG WINR: the window is not modelled"),
    ):
        with pytest.raises(ChipError, match=message):
            write(value)
    watchdog.write_kr(UNLOCK)
    watchdog.write_rlr(5)
    with pytest.raises(ChipError, match="IWDG RLR: written while SR RVU is 1"):
        watchdog.write_rlr(6)
    watchdog.reset()
    watchdog.write_kr(UNLOCK)
    with pytest.raises(ChipError, match="IWDG PR: written before the watchdog, and thus its oscillator, runs"):
        watchdog.write_pr(3)


def test_the_rom_must_not_be_entered_while_the_watchdog_runs(wire):
    from ticktalk.boards.virtual.chips.errors import ChipError

    wired = wire("nucleo-l4r5zi")
    core = wired.powered.chip.core
    core._go(wired.powered.board.rom.address + 9)
    core.sleeping = False
    with pytest.raises(ChipError, match="not in its state after a reset: .*the watchdog"):
        wait(wired.powered)


def test_a_time_that_the_watchdog_cannot_count_is_refused():
    board = load_board("nucleo-l4r5zi")
    with pytest.raises(BuildError, match="key 'watchdog.seconds' is 33, but must be at most 32"):
        settings(replace(board, watchdog=replace(board.watchdog, seconds=33)), 16000)
