"""The firmware for the Feather STM32F405: on QEMU's model of the chip, and its registers against ST's description."""

import importlib.util
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from tests.support.netduino import netduino
from tests.support.paths import ROOT, TINY
from ticktalk.boards.board import Secondary, load_board
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import DeviceError
from ticktalk.firmware_gen.chips import settings, stm32f4
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import binary, build
from ticktalk.runtime_sim.speech import speak
from ticktalk.runtime_sim.voice import load_voice

FEATHER = load_board("feather-stm32f405")
FACTS = json.loads((ROOT / "boards/virtual/chips/facts/stm32f405.json").read_text())
DRIVERS = ROOT / "firmware_gen" / "templates" / "device" / "drivers" / "stm32f4"
REGISTERS = (DRIVERS / "stm32f4_registers.h").read_text()
INSTANCE = {"USART": "USART3", "GPIO": "GPIOB", "SPI": "SPI2", "DMA": "DMA1"}  # these have several instances
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
        # Bit 7: the address is valid. With some compilers, it is an interrupt that overflows the stack (bit 4).
        with pytest.raises(DeviceError, match=r"the firmware crashed during SPEAK: cfsr 0000..[89ab]., at 200000[01]"):
            console.speak(IDS)


def test_every_register_and_field_is_where_st_says():
    checked = 0
    for name, value in re.findall(r"^#define (\w+) (0x[0-9A-F]+)u$", REGISTERS, re.M):
        peripheral, register = name.split("_", 1)
        if register == "BASE":
            assert int(value, 16) == FACTS["bases"][peripheral], name
        else:
            instance = INSTANCE.get(peripheral, peripheral)
            base = 0 if peripheral in INSTANCE else FACTS["bases"][peripheral]
            assert int(value, 16) == base + FACTS["registers"][instance][register]["offset"], name
        checked += 1
    for name, bit in re.findall(r"^#define (\w+) \(1u << (\d+)\)$", REGISTERS, re.M):
        peripheral, register, field = name.split("_", 2)
        fields = FACTS["registers"][INSTANCE.get(peripheral, peripheral)][register]["fields"]
        assert int(bit) == fields[field][0], name
        checked += 1
    for name, number in re.findall(r"^#define (\w+)_IRQ (\d+)$", REGISTERS, re.M):
        assert int(number) == FACTS["interrupts"][name], name
        checked += 1
    assert checked == REGISTERS.count("\n#define ") - 1  # without the guard


def test_the_streams_of_the_dma_have_equal_distances():
    stream = FACTS["registers"]["DMA1"]
    step = stream["S1CR"]["offset"] - stream["S0CR"]["offset"]
    assert [stream[f"S{n}CR"]["offset"] for n in range(8)] == [stream["S0CR"]["offset"] + n * step for n in range(8)]


def test_the_drivers_have_no_addresses_of_their_own():
    """Apart from the core's, which start at 0xE000E000, and the slots' place in flash."""
    for file in [*DRIVERS.glob("*.c"), *(DRIVERS.parent / "stm32").glob("*.?"), DRIVERS.parents[1] / "registers.h"]:
        assert not re.findall(r"0x[4-9A-D][0-9A-F]{7}u", re.sub(r"#define KEY_.*", "", file.read_text())), file.name


def test_the_board_file_agrees_with_st():
    assert FEATHER.uart.address == FACTS["bases"]["USART3"] and FEATHER.uart.irq == FACTS["interrupts"]["USART3"]
    assert FEATHER.sound.address == FACTS["bases"]["SPI2"] and FEATHER.sound.irq == FACTS["interrupts"]["DMA1_Stream4"]


def test_the_clocks_are_within_the_chips_limits():
    macros = {name: int(value[:-1]) for name, value in settings(FEATHER, 0).macros.items() if value[:-1].isdigit()}
    for source, m in ((FEATHER.clock.crystal_hz, "CLOCK_M_CRYSTAL"), (16_000_000, "CLOCK_M_INTERNAL")):
        vco = source // macros[m] * macros["CLOCK_N"]
        assert 100e6 <= vco <= 432e6 and vco // macros["CLOCK_P"] == FEATHER.clock_hz == 168_000_000
        assert vco / macros["CLOCK_Q"] == 48_000_000
    assert (macros["CLOCK_APB1"], macros["CLOCK_APB2"], macros["CLOCK_WAIT_STATES"]) == (5, 4, 5)  # by 4, by 2
    with pytest.raises(BuildError, match=r"'uart.clock_hz' is 84, but the buses run at 42000000 \(APB1\) and 84000000"):
        settings(replace(FEATHER, uart=replace(FEATHER.uart, clock_hz=84)), 0)
    with pytest.raises(BuildError, match="'clock_hz' is 180000000"):
        settings(replace(FEATHER, clock_hz=180_000_000), 0)


@pytest.mark.parametrize(("voice", "line"), [(8000, 8000), (16000, 16000), (22050, 44100), (24000, 48000)])
def test_the_sample_rate_is_exact_enough(voice, line):
    sound = settings(FEATHER, voice).sound
    assert sound.line_hz == line == voice * sound.repeat and abs(sound.error) <= 0.001
    n, r, halves = stm32f4.i2s_dividers(line)
    assert 50 <= n <= 216 and 2 <= r <= 7 and 4 <= halves <= 511 and sound.exact_hz == 2e6 * n / r / halves / 32


def test_a_rate_that_the_amplifier_does_not_accept_is_refused():
    with pytest.raises(BuildError, match="'sound.rates' has no multiple of the voice's 11000 Hz"):
        settings(FEATHER, 11000)


def two_slots():
    """The board with two slots, which are large enough for small voices."""
    return replace(
        FEATHER, slot_size=0x6_0000, secondary_address=0x0808_0000, secondary=Secondary("stm32", 0x4002_3C00)
    )


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_it_builds_with_slots_and_lies_where_the_memories_are(compiler, tmp_path):
    if compiler == "clang" and not importlib.util.find_spec("ziglang") and not shutil.which("zig"):
        pytest.skip("needs ziglang")
    board = two_slots()
    elf = build(export_voice(load_voice(TINY), board, tmp_path / "project", compiler=compiler))
    image = binary(elf).read_bytes()
    assert int.from_bytes(image[:4], "little") == board.ram.address + 2048  # the stack is at the bottom of RAM
    vectors = [int.from_bytes(image[4 * n : 4 * n + 4], "little") for n in range(16 + 40)]
    assert {n for n in range(16, 56) if vectors[n]} == {16 + 15, 16 + 39}  # DMA1 stream 4 and USART3
    assert all(board.slot_address <= vectors[n] < board.slot_address + board.slot_size for n in (1, 3, 31, 55))
    sections = subprocess.run(["arm-none-eabi-objdump", "-h", elf], check=True, capture_output=True, text=True).stdout
    for name, size, address in re.findall(r"^ +\d+ (\.\w+) +(\w+)  (\w+) ", sections, re.M):
        start, end = int(address, 16), int(address, 16) + int(size, 16)
        if start >= board.flash.address and name != ".comment":
            assert any(memory.address <= start and end <= memory.end for memory in board.memories), name
    code = subprocess.run(["arm-none-eabi-objdump", "-d", elf], check=True, capture_output=True, text=True).stdout
    assert not re.search(r"\tv(ldr|str|add|mul|mov|cvt)|<(malloc|__aeabi_[fd])", code)


@pytest.mark.skipif(not shutil.which("cppcheck"), reason="needs cppcheck")
def test_analysers_find_nothing_in_the_drivers(tmp_path):
    source = export_voice(load_voice(TINY), two_slots(), tmp_path / "project") / "src"
    names = ("audio", "chip_state", "clock", "crash", "rom", "slots", "sound", "uart", "uart_ring")
    files = [str(source / "device" / f"{name}.c") for name in names]
    include = [f"-I{source}", f"-I{source}/device", f"-I{source}/freestanding"]
    flags = ["-mcpu=cortex-m4", "-mthumb", "-std=c11", "-O2", "-ffreestanding", "-fsyntax-only", "-fanalyzer"]
    warnings = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
    subprocess.run(["arm-none-eabi-gcc", *flags, *warnings, *include, *files], check=True)
    checks = ["--enable=warning,performance,portability", "--std=c11", "--quiet", "--error-exitcode=1"]
    subprocess.run(["cppcheck", *checks, *include, *files], check=True)
