"""Derive the settings of real chips from a board file and a voice: the dividers of the clocks and of the sound output.

A chip family is a module with a function `settings(board, sample_rate)`, listed in CHIPS by `clock.driver`. The chip's
drivers (templates/device/drivers/) read the settings as macros from board.h.
"""

from ticktalk.firmware_gen.chips import nrf52, nrf53, rp2040, rp2350, stm32f4, stm32l4, stm32u5
from ticktalk.firmware_gen.chips.settings import NOTHING, Settings
from ticktalk.firmware_gen.project.target import Target

CHIPS = {
    "nrf52": nrf52.settings,
    "nrf53": nrf53.settings,
    "rp2040": rp2040.settings,
    "rp2350": rp2350.settings,
    "stm32f4": stm32f4.settings,
    "stm32l4": stm32l4.settings,
    "stm32u5": stm32u5.settings,
}


def settings(board: Target, sample_rate: int) -> Settings:
    """Return the settings for `board`, and for a voice with `sample_rate` in hertz, or 0 for firmware without a voice.

    Raises BuildError if the chip cannot reach the board's clock, or if the amplifier accepts no multiple of the sample
    rate.
    """
    if board.clock is None or board.clock.driver not in CHIPS:
        return NOTHING
    return CHIPS[board.clock.driver](board, sample_rate)
