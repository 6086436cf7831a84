"""Test the clocks of the firmware for the NUCLEO-L4R5ZI."""

from dataclasses import replace

import pytest

from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.chips import settings, stm32l4
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.device import device_files

NUCLEO = load_board("nucleo-l4r5zi")


def test_the_clocks_are_within_the_chips_limits():
    macros = {name: int(value[:-1]) for name, value in settings(NUCLEO, 0).macros.items() if value[:-1].isdigit()}
    for source, m in ((4_000_000, "CLOCK_M_CRYSTAL"), (16_000_000, "CLOCK_M_INTERNAL")):
        vco = source // macros[m] * macros["CLOCK_N"]
        assert 64e6 <= vco <= 344e6 and vco // macros["CLOCK_R"] == NUCLEO.clock_hz == 120_000_000
    assert macros["CLOCK_WAIT_STATES"] == 5
    with pytest.raises(BuildError, match="'uart.clock_hz' is 84, but the buses run at the core's 120000000"):
        settings(replace(NUCLEO, uart=replace(NUCLEO.uart, clock_hz=84)), 0)
    with pytest.raises(BuildError, match="'clock_hz' is 124000000"):
        settings(replace(NUCLEO, clock_hz=124_000_000), 0)
    with pytest.raises(BuildError, match="'clock.crystal_hz' is 8000000, .* with a 32768 Hz crystal"):
        settings(replace(NUCLEO, clock=replace(NUCLEO.clock, crystal_hz=8_000_000)), 0)


@pytest.mark.parametrize(("voice", "line"), [(8000, 8000), (16000, 16000), (22050, 44100), (24000, 48000)])
def test_the_sample_rate_is_exact_enough(voice, line):
    sound = settings(NUCLEO, voice).sound
    assert sound.line_hz == line == voice * sound.parts and abs(sound.error) <= 0.001
    n, p, divider = stm32l4.sai_dividers(line)
    assert 64e6 <= 122 * 32768 * n <= 344e6 and 2 <= p <= 31 and 1 <= divider <= 63
    assert sound.exact_hz == pytest.approx(122 * 32768 * n / p / divider / 32)


def test_a_second_board_with_the_chip_differs_in_its_board_file_only():
    boards = NUCLEO, load_board("swan-r5")
    first, second = (device_files(board, "voice", "voice", chip=settings(board, 16000)) for board in boards)
    differing = {name for name in first | second if first.get(name) != second.get(name)}
    assert differing == {"src/device/board.h", "firmware.ld", "arm-none-eabi.cmake", "clang.cmake"}
    pins = {line for line in first["src/device/board.h"].splitlines() if "PINS" in line}
    changed = set(first["src/device/board.h"].splitlines()) - set(second["src/device/board.h"].splitlines())
    assert changed - pins == {f"/* {NUCLEO.title} */"}
