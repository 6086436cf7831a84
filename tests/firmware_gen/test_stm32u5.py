"""Test the clocks of the firmware for the STM32U5A9J-DK."""

from dataclasses import replace
from fractions import Fraction

import pytest

from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.chips import settings, stm32u5
from ticktalk.firmware_gen.errors import BuildError

DISCOVERY = load_board("stm32u5a9j-dk")


def test_the_clocks_are_within_the_chips_limits():
    macros = {name: int(value[:-1]) for name, value in settings(DISCOVERY, 0).macros.items() if value[:-1].isdigit()}
    for source, m, boost in (
        (DISCOVERY.clock.crystal_hz, "CLOCK_M_CRYSTAL", "CLOCK_BOOST_CRYSTAL"),
        (16_000_000, "CLOCK_M_INTERNAL", "CLOCK_BOOST_INTERNAL"),
    ):
        vco = source // macros[m] * macros["CLOCK_N"]
        assert source // macros[m] == 4_000_000 and 128e6 <= vco <= 544e6
        assert vco // macros["CLOCK_R"] == DISCOVERY.clock_hz == 160_000_000
        assert 4e6 <= source / stm32u5.BOOSTER_DIVIDERS[macros[boost]] <= 16e6
    assert macros["CLOCK_WAIT_STATES"] == DISCOVERY.flash_timing.wait_states == 4
    with pytest.raises(BuildError, match="'uart.clock_hz' is 84, but the buses run at the core's 160000000"):
        settings(replace(DISCOVERY, uart=replace(DISCOVERY.uart, clock_hz=84)), 0)
    with pytest.raises(BuildError, match="'clock_hz' is 164000000"):
        settings(replace(DISCOVERY, clock_hz=164_000_000), 0)
    with pytest.raises(BuildError, match="'clock.crystal_hz' is 25000000, but must be a multiple of 4000000"):
        settings(replace(DISCOVERY, clock=replace(DISCOVERY.clock, crystal_hz=25_000_000)), 0)


@pytest.mark.parametrize(("voice", "line"), [(8000, 8000), (16000, 16000), (22050, 44100), (24000, 48000)])
def test_the_sample_rate_is_exact_but_for_44100(voice, line):
    sound = settings(DISCOVERY, voice).sound
    assert sound.line_hz == line == voice * sound.parts
    feedback, p, divider = stm32u5.sai_dividers(line)
    vco = Fraction(4_000_000 * feedback, 8192)
    assert 128e6 <= vco <= 544e6 and vco / p <= 160e6 and 1 <= p <= 128 and 1 <= divider <= 63
    exact = vco / p / divider / 32
    assert sound.exact_hz == float(exact) and abs(exact / line - 1) < (1e-8 if line == 44100 else 1e-15)
