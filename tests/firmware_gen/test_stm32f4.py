"""Test the firmware for the Feather STM32F405 on QEMU's model of the chip, and check the clocks."""

import json
import shutil
from dataclasses import replace

import pytest

from tests.support.netduino import netduino
from tests.support.paths import ROOT, TINY
from ticktalk.boards.board import load_board
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import DeviceError
from ticktalk.firmware_gen.chips import settings, stm32f4
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.build import build
from ticktalk.runtime_sim.speech import speak
from ticktalk.runtime_sim.voice import load_voice

FEATHER = load_board("feather-stm32f405")
FACTS = json.loads((ROOT / "boards/virtual/chips/facts/stm32f405.json").read_text())
IDS = [0, 3, 7, 4, 0]
qemu = pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")


@pytest.fixture
def project(firmware_of):
    return firmware_of(FEATHER)[0]


@pytest.fixture
def elf(firmware_of):
    return firmware_of(FEATHER)[1]


@qemu
def test_the_image_speaks_on_another_model_of_the_chip_and_tells_what_does_not_start(elf, tmp_path):
    with netduino(elf.with_suffix(".bin"), FEATHER, tmp_path) as port:
        console = Console(port)
        banner = console.wait_banner(30)
        assert banner["board"] == FEATHER.name and console.hello() == banner
        assert banner["clock"].startswith("slow") and banner["clock_hz"] == "16000000" and banner["sound"] == "failed"
        for seed in (1, 2):
            assert console.speak(IDS, seed=seed).pcm == speak(load_voice(TINY), IDS, seed=seed).tobytes()
        stats = console.stats()
        assert stats["sound_hz"] == stats["sound_underruns"] == 0 and 0 < stats["stack_bytes"] < stats["stack_size"]


@qemu
def test_a_stack_overflow_is_told_over_the_console(project, tmp_path):
    small = tmp_path / "small"
    shutil.copytree(project, small, ignore=shutil.ignore_patterns("build"))
    script = small / "firmware.ld"
    assert ". += 2048;" in script.read_text()
    script.write_text(script.read_text().replace(". += 2048;", ". += 256;"))
    elf = build(small)
    with netduino(elf.with_suffix(".bin"), FEATHER, tmp_path) as port:
        console = Console(port)
        console.wait_banner(30)
        # Bit 7 means that the address is valid. With some compilers, an interrupt overflows the stack (bit 4).
        with pytest.raises(DeviceError, match=r"the firmware crashed during SPEAK: cfsr 0000..[89ab]., at 200000[01]"):
            console.speak(IDS)


def test_the_streams_of_the_dma_have_equal_distances():
    stream = FACTS["registers"]["DMA1"]
    step = stream["S1CR"]["offset"] - stream["S0CR"]["offset"]
    assert [stream[f"S{n}CR"]["offset"] for n in range(8)] == [stream["S0CR"]["offset"] + n * step for n in range(8)]


def test_the_clocks_are_within_the_chips_limits():
    macros = {name: int(value[:-1]) for name, value in settings(FEATHER, 0).macros.items() if value[:-1].isdigit()}
    for source, m in ((FEATHER.clock.crystal_hz, "CLOCK_M_CRYSTAL"), (16_000_000, "CLOCK_M_INTERNAL")):
        vco = source // macros[m] * macros["CLOCK_N"]
        assert 100e6 <= vco <= 432e6 and vco // macros["CLOCK_P"] == FEATHER.clock_hz == 168_000_000
        assert vco / macros["CLOCK_Q"] == 48_000_000
    assert (macros["CLOCK_APB1"], macros["CLOCK_APB2"], macros["CLOCK_WAIT_STATES"]) == (5, 4, 5)  # dividers 4 and 2
    with pytest.raises(BuildError, match=r"'uart.clock_hz' is 84, but the buses run at 42000000 \(APB1\) and 84000000"):
        settings(replace(FEATHER, uart=replace(FEATHER.uart, clock_hz=84)), 0)
    with pytest.raises(BuildError, match="'clock_hz' is 180000000"):
        settings(replace(FEATHER, clock_hz=180_000_000), 0)


@pytest.mark.parametrize(("voice", "line"), [(8000, 8000), (16000, 16000), (22050, 44100), (24000, 48000)])
def test_the_sample_rate_is_exact_enough(voice, line):
    sound = settings(FEATHER, voice).sound
    assert sound.line_hz == line == voice * sound.parts and abs(sound.error) <= 0.001
    n, r, halves = stm32f4.i2s_dividers(line)
    assert 50 <= n <= 216 and 2 <= r <= 7 and 4 <= halves <= 511 and sound.exact_hz == 2e6 * n / r / halves / 32


def test_a_rate_that_the_amplifier_does_not_accept_is_refused():
    with pytest.raises(BuildError, match="'sound.rates' has no multiple of the voice's 11000 Hz"):
        settings(FEATHER, 11000)
