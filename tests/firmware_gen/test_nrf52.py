"""Test the settings of the firmware for the nRF52840, and the quality of its interpolated sound."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.chips import as_played
from ticktalk.boards.board import load_board
from ticktalk.boards.virtual.chips.facts import load_facts
from ticktalk.firmware_gen.chips import nrf, nrf52, settings
from ticktalk.firmware_gen.errors import BuildError

NORDIC = load_board("nrf52840-dk")
VALUES = load_facts("nrf52840").values


def test_the_values_of_the_registers_are_documented():
    assert VALUES["dividers of 32 MHz"] == nrf52.MCKFREQ
    assert nrf.BAUDS.items() <= VALUES["baud rates"].items()


@pytest.mark.parametrize(
    ("voice", "line", "divider"), [(8000, 16000, 63), (16000, 48000, 21), (22050, 48000, 21), (24000, 48000, 21)]
)
def test_the_voices_rate_is_exact_although_the_amplifiers_is_not(voice, line, divider):
    sound = settings(NORDIC, voice).sound
    assert (sound.line_hz, sound.exact_hz) == (line, pytest.approx(32e6 / divider / 32))
    assert sound.voice_hz * sound.parts * divider == 1_000_000 * sound.step and abs(sound.error) < 1e-12
    report = sound.report()
    assert (report["error_percent"], report["line_error_percent"]) == (0.0, -0.79365) and "repeat" not in report


def test_facts_of_a_board_that_the_chip_does_not_have_are_refused():
    with pytest.raises(BuildError, match="'clock_hz' is 80000000, but must be 64000000 on this chip"):
        settings(replace(NORDIC, clock_hz=80_000_000), 0)
    with pytest.raises(BuildError, match="'baud' is 500000, but driver nrf supports 115200, "):
        settings(replace(NORDIC, baud=500_000), 0)
    for pins in (("P0.06", "P1.16"), ("P0.06",), ("PA6", "PA7")):
        with pytest.raises(BuildError, match="'uart.pins' must name 2 pins from P0.0 to P0.31 or P1.0 to P1.15"):
            settings(replace(NORDIC, uart=replace(NORDIC.uart, pins=pins)), 0)


@pytest.mark.parametrize(("hertz", "decibels"), [(500, 70), (1000, 60), (2000, 40)])
def test_an_interpolated_tone_is_a_tone(hertz, decibels):
    sound = settings(NORDIC, 16000).sound
    tone = np.round(16000 * np.sin(2 * np.pi * hertz * np.arange(16000) / 16000)).astype("<i2")
    played = np.frombuffer(as_played(tone.tobytes(), sound), "<i2")[1000:-1000].astype(float)
    at = np.arange(1000, 1000 + len(played)) / sound.exact_hz
    waves = np.stack([np.sin(2 * np.pi * hertz * at), np.cos(2 * np.pi * hertz * at)], axis=1)
    rest = played - waves @ np.linalg.lstsq(waves, played, rcond=None)[0]
    assert 10 * np.log10(np.mean(played**2) / np.mean(rest**2)) > decibels
