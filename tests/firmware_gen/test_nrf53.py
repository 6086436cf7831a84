"""Test the settings of the firmware for the nRF5340, and the stack guard of an Armv8-M core."""

import shutil
from dataclasses import replace

import pytest

from ticktalk.bench.machine import SocketPort
from ticktalk.boards.board import load_board
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.virtual.chips.facts import load_facts
from ticktalk.boards.virtual.qemu import Emulator
from ticktalk.firmware_gen.chips import nrf, nrf53, settings
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.build import binary, build

NORDIC = load_board("nrf5340-dk")
IDS = [0, 3, 7, 4, 0]


def test_the_baud_rates_are_documented():
    assert nrf.BAUDS.items() <= load_facts("nrf5340").values["baud rates"].items()


@pytest.mark.parametrize(
    ("voice", "line", "divider"), [(8000, 8000, 48), (16000, 16000, 24), (22050, 44100, 8), (24000, 48000, 8)]
)
def test_the_sample_rate_is_exact_to_a_millionth(voice, line, divider):
    sound = settings(NORDIC, voice).sound
    assert sound.line_hz == line == voice * sound.parts and abs(sound.error) < 1e-6
    frequency, found = nrf53.audio_clock(NORDIC, line)
    assert found == divider and sound.exact_hz == nrf53.audio_hz(frequency) / divider / 32
    low, high = (11.176e6, 11.402e6) if line == 44100 else (12.165e6, 12.411e6)  # bands of the product specification
    assert low <= nrf53.audio_hz(frequency) <= high


def test_the_divider_is_as_in_the_product_specification():
    assert nrf53.mckfreq(8) == 505286656  # 11,289,600 Hz to 44,100 Hz, in table 3 of the I2S chapter
    for divider in range(2, 400):
        assert (1 << 32) // nrf53.mckfreq(divider) == divider and nrf53.mckfreq(divider) % 4096 == 0


def test_facts_of_a_board_that_the_chip_does_not_have_are_refused():
    with pytest.raises(BuildError, match="'clock_hz' is 96000000, but must be 128000000 or 64000000 on this chip"):
        settings(replace(NORDIC, clock_hz=96_000_000), 0)
    sound = replace(NORDIC.sound, rates=(50_000,))
    with pytest.raises(BuildError, match="'sound.rates': the chip cannot generate 50000 Hz"):
        settings(replace(NORDIC, sound=sound), 25_000)


@pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")
def test_a_stack_overflow_of_an_armv8_core_is_told_over_the_console(firmware_of, tmp_path):
    """QEMU has no nRF5340, so the crash handler is added to the firmware for QEMU's Cortex-M33."""
    emulated = load_board("qemu-m33")
    project, other = tmp_path / "project", firmware_of(NORDIC)[0] / "src" / "device"
    shutil.copytree(firmware_of(emulated)[0], project, ignore=shutil.ignore_patterns("build"))
    for name in ("crash.c", "crash.h"):
        shutil.copy(other / name, project / "src" / "device" / name)
    for name, old, new in (
        ("CMakeLists.txt", "    src/device/console.c\n", "    src/device/console.c\n    src/device/crash.c\n"),
        ("src/device/startup.c", "#if HAS_CLOCK", "#if 1"),
        ("firmware.ld", ". += 2048;", ". += 256;"),
    ):
        text = (project / name).read_text()
        assert old in text
        (project / name).write_text(text.replace(old, new))
    slot = tmp_path / "slot.bin"
    slot.write_bytes(bytes(emulated.header_size) + binary(build(project)).read_bytes())
    machine = Emulator(emulated, slot)
    try:
        console = Console(SocketPort(machine.serial))
        console.wait_banner(30)
        with pytest.raises(
            DeviceError, match="the firmware crashed during SPEAK: cfsr 00100000, sp 380000[0-9a-f]{2}$"
        ):  # STKOF, within the 256 bytes above the limit
            console.speak(IDS)
    finally:
        machine.close()
