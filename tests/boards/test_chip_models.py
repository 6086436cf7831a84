"""Firmware for real boards runs on models of their chips, from reset to the DMA output."""

import importlib.util
import json
import re
import shutil
import time
import wave

import pytest
import serial

from tests.support.chips import as_played, put_in_flash
from tests.support.front import ticktalk
from tests.support.paths import TINY
from ticktalk.boards.board import CATALOGUE, load_board
from ticktalk.boards.console import frames
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import BoardsError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.boards.virtual.chip_board import ChipBoard
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import binary, build
from ticktalk.runtime_sim.speech import speak, speak_text
from ticktalk.runtime_sim.voice import load_voice

FEATHER, NUCLEO, DISCOVERY, NORDIC, SECURE = (
    load_board(name) for name in ("feather-stm32f405", "nucleo-l4r5zi", "stm32u5a9j-dk", "nrf52840-dk", "nrf5340-dk")
)
IDS = [0, 3, 7, 4, 0]
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


@pytest.fixture(params=[FEATHER, NUCLEO, DISCOVERY, NORDIC, SECURE], ids=lambda board: board.name)
def board(request):
    return request.param


@pytest.fixture
def elf(board, firmware_of):
    return firmware_of(board)[1]


def console_of(chip):
    return Console(serial.Serial(chip.port, chip.board.baud, timeout=0.1))


def played(file):
    with wave.open(str(file)) as sound:
        return sound.getframerate(), sound.readframes(sound.getnframes())


def test_the_image_speaks_from_reset_to_the_dma(board, elf, tmp_path):
    put_in_flash(tmp_path / "flash", board, elf)
    wav, sound = tmp_path / "sound.wav", settings(board, 16000).sound
    expected = [speak(load_voice(TINY), IDS * 4, seed=seed).tobytes() for seed in (1, 2)]
    with ChipBoard(board, tmp_path / "flash", wav=wav) as chip:
        console = console_of(chip)
        banner = console.hello(30)
        assert (banner["clock"], banner["clock_hz"], banner["sound"]) == ("crystal", str(board.clock_hz), "ready")
        for seed, pcm in zip((1, 2), expected):
            assert console.speak(IDS * 4, seed=seed).pcm == pcm
        stats = console.stats()
        assert (stats["sound_hz"], stats["sound_underruns"]) == (sound.line_hz, 0)
        assert chip.running, chip.failure
    rate, samples = played(wav)
    times = json.loads(wav.with_suffix(".json").read_text())
    assert rate == round(sound.exact_hz) and times["underruns"] == []
    # This is correct if the second utterance was computed before the first had been played.
    frames = [as_played(b"".join(expected), sound)]
    if frames[0] not in samples:
        frames = [as_played(pcm, sound) for pcm in expected]
    for part in frames:
        assert samples.find(part) % 2 == 0
        samples = samples.replace(part, b"", 1)
    assert not any(samples) and times["parts"]
    assert all(part["hertz"] == pytest.approx(sound.exact_hz) for part in times["parts"])


# One board with a boot loader in ROM, and one with MCUboot. test_chip_faults.py updates all boards.
@pytest.mark.parametrize(
    "board",
    [FEATHER, NORDIC, *(pytest.param(board, marks=pytest.mark.long) for board in (NUCLEO, DISCOVERY, SECURE))],
    ids=lambda board: board.name,
)
def test_an_empty_board_is_flashed_speaks_and_is_flashed_again_by_way_of_its_firmware(
    board, elf, tmp_path, monkeypatch
):
    for name, seconds in (("PROBE", 5), ("IDENTIFY", 60)):  # the run time depends on the machine's load
        monkeypatch.setattr(f"ticktalk.boards.flash.identifying.{name}", seconds)
    lines, file = [], tmp_path / "image.bin"
    with ChipBoard(board, tmp_path / "flash", log=lines.append) as chip:
        for version in (
            "1.0.0",
            "2.0.0",
        ):  # for the second update, the firmware starts the boot loader
            file.write_bytes(make_image(binary(elf).read_bytes(), board, version))
            flash(file, board, chip.port, expect=None)
            assert console_of(chip).speak(IDS).pcm == speak(load_voice(TINY), IDS, seed=1).tobytes()
        assert ("the firmware starts the ROM" in lines) == (board.secondary is None)
        last = "the firmware starts the ROM" if board.rom else "the firmware resets the chip"
        held = lines.count(last)
        console_of(chip).boot()
        for _ in range(100):
            if lines.count(last) > held:
                break
            time.sleep(0.1)
        assert chip.running, chip.failure
    assert last in lines[-2:]
    booted = [line.split(",")[0] for line in lines if line.startswith("booting")]
    assert list(dict.fromkeys(booted)) == ["booting 1.0.0", "booting 2.0.0"]


def test_say_needs_no_file_if_the_board_plays_the_speech(firmware_of, tmp_path):
    put_in_flash(tmp_path / "flash", FEATHER, firmware_of(FEATHER)[1])
    with ChipBoard(FEATHER, tmp_path / "flash", wav=tmp_path / "sound.wav") as chip:
        said = ticktalk("say", "Hi.", "--board", FEATHER.name, "--port", chip.port, "--voice", TINY, cache=tmp_path)
        assert said.returncode == 0, said.stderr
    assert "s of speech from feather-stm32f405, played by the board" in said.stdout
    pcm = b"".join(part.tobytes() for part in speak_text(load_voice(TINY), "Hi."))
    assert as_played(pcm, settings(FEATHER, 16000).sound) in played(tmp_path / "sound.wav")[1]


def test_without_a_crystal_it_runs_from_the_internal_oscillator_and_says_so(board, elf, tmp_path):
    put_in_flash(tmp_path / "flash", board, elf)
    with ChipBoard(board, tmp_path / "flash", crystal=False) as chip:
        banner = console_of(chip).hello(30)
        assert banner["clock"].startswith("internal") and banner["clock_hz"] == str(board.clock_hz)


def test_every_run_is_the_same_to_the_instruction(firmware_of, tmp_path):
    starts, (_, elf) = [], firmware_of(FEATHER)
    for name in ("first", "second"):
        put_in_flash(tmp_path / name, FEATHER, elf)
        wav = tmp_path / f"{name}.wav"
        with ChipBoard(FEATHER, tmp_path / name, wav=wav) as chip:
            console = console_of(chip)
            console.wait_banner(30)
            time.sleep(0.5)  # until the core sleeps
            console.speak(IDS)
        starts.append(json.loads(wav.with_suffix(".json").read_text()))
    assert starts[0] == starts[1]


@pytest.mark.parametrize("powered", [True, False])
def test_the_console_may_be_on_the_lpuart_at_pins_with_a_supply_of_their_own(powered, tmp_path):
    """The Nucleo's ST-LINK is connected to these pins."""
    text = (CATALOGUE / f"{NUCLEO.name}.toml").read_text()
    for old, new in (
        ("address = 0x4001_3800\nirq = 37", "address = 0x4000_8000\nirq = 70"),
        ('pins = ["PA9", "PA10"]\nfunction = 7', 'pins = ["PG7", "PG8"]\nfunction = 8'),
    ):
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / f"{NUCLEO.name}.toml"
    file.write_text(text)
    board = load_board(file)
    project = export_voice(load_voice(TINY), board, tmp_path / "project")
    if not powered:
        pins = project / "src" / "device" / "stm32_pins.h"
        assert "    PINS_POWER(pin.port);\n" in pins.read_text()
        pins.write_text(pins.read_text().replace("    PINS_POWER(pin.port);\n", ""))
    put_in_flash(tmp_path / "flash", board, build(project))
    with ChipBoard(board, tmp_path / "flash", board_file=file) as chip:
        if powered:
            assert console_of(chip).hello(30)["clock"] == "crystal" and chip.running, chip.failure
        else:
            with pytest.raises(BoardsError):
                console_of(chip).hello(10)
    assert powered or "pin PG7 is used, but port G has no supply voltage while PWR CR2 IOSV is 0" in chip.failure


MUTANTS = {
    "a peripheral without its clock": (
        FEATHER,
        "uart.c",
        r"    REG\(UART_CLOCK\) \|= UART_CLOCK_ENABLE;\n",
        "",
        "USART3 has no clock: RCC APB1ENR",
    ),
    "too few wait states": (
        FEATHER,
        "clock.c",
        r"CLOCK_WAIT_STATES \* FLASH",
        "4 * FLASH",
        "flash needs 5 wait states, but .* 4",
    ),
    "a PLL that is not ready": (
        FEATHER,
        "clock.c",
        r"    if \(!wait_until\(RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY, TRIES\)\)\n        return false;\n",
        "",
        "RCC CFGR: switch to the PLL before it is ready",
    ),
    "reserved bits": (
        FEATHER,
        "clock.c",
        r"REG\(RCC_PLLCFGR\)\n *&",
        "0 &",
        "PLLCFGR: write of .* changes reserved bits",
    ),
    "writing a byte before the previous one is sent": (
        FEATHER,
        "uart.c",
        r"if \(wait_until\(UART_ADDRESS \+ UART_STATE, UART_EMPTY, UART_EMPTY, PATIENCE\)\)",
        "",
        "USART3 DR: written while TXE is 0",
    ),
    "a wrong baud rate": (
        FEATHER,
        "uart.c",
        r"(\+ UART_BAUD / 2\)) / UART_BAUD;",
        r"\1 / UART_BAUD + 2;",
        "BRR: 44 results in .* but the line has",
    ),
    "pins that are not connected": (
        FEATHER,
        "uart.c",
        r"        pins_connect\(pins\[i\], UART_FUNCTION, PINS_PULL_UP\);",
        "        (void)pins[i];",
        "USART3 is used, but pin PB10 has function None",
    ),
    "an unknown register": (
        FEATHER,
        "uart.c",
        r"(\n    interrupt_enable)",
        r"\n    UART(0x1C) = 0;\1",
        "USART3 has no register",
    ),
    "an unknown address": (
        FEATHER,
        "uart.c",
        r"(\n    interrupt_enable)",
        r"\n    REG(0x60000000) = 0;\1",
        "to 0x60000000, which is neither",
    ),
    "a write to flash": (
        FEATHER,
        "uart.c",
        r"(\n    interrupt_enable)",
        r"\n    REG(SLOT) = 0;\1",
        "in the flash from which the core runs",
    ),
    "full speed without boost mode": (
        NUCLEO,
        "clock.c",
        r"    REG\(PWR_CR5\) &= ~PWR_CR5_R1MODE;\n",
        "",
        "CFGR: .* Hz requires boost mode",
    ),
    "full speed without an intermediate step": (
        NUCLEO,
        "clock.c",
        r"    divide\(HALF\);\n",
        "",
        "must be preceded by 1 us at half that frequency",
    ),
    "starting the crystal without access to its register": (
        NUCLEO,
        "clock.c",
        r"    REG\(PWR_CR1\) \|= PWR_CR1_DBP;.*\n",
        "",
        "BDCR: written while PWR CR1 DBP is 0",
    ),
    "full speed without the booster": (
        DISCOVERY,
        "clock.c",
        r"    REG\(PWR_VOSR\) \|= PWR_VOSR_BOOSTEN;\n    if .*\n        return false;\n",
        "",
        "CFGR1: the system clock is 160000000 Hz, but may be 55000000 Hz",
    ),
    "a task of a UARTE that is off": (
        NORDIC,
        "uart.c",
        r"    UART\(UARTE_ENABLE\) = ENABLED;\n",
        "",
        "UARTE0 ENABLE: a task is started while the UARTE is off",
    ),
    "EasyDMA from flash": (
        NORDIC,
        "uart.c",
        r"\(uint32_t\)\(uintptr_t\)\(ring \+ start\)",
        "SLOT",
        "EasyDMA is configured for .* at 0x0000c200, which",
    ),
    "a write to the flash in read-only mode": (
        NORDIC,
        "uart.c",
        r"(\n    interrupt_enable)",
        r"\n    REG(0x82000) = 0;\1",
        "NVMC CONFIG: write to 0x00082000 while",
    ),
    "a register at its non-secure address": (
        SECURE,
        "nrf53_registers.h",
        r"CLOCK_HFCLKCTRL 0x5",
        "CLOCK_HFCLKCTRL 0x4",
        "write to 0x40005558: the model has no peripheral there",
    ),
    "an audio PLL outside its bands": (
        SECURE,
        "board.h",
        r"SOUND_PLL \d+u",
        "SOUND_PLL 0u",
        "CLOCK HFCLKAUDIO_FREQUENCY: 10666667 Hz is outside the bands",
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_what_the_manual_forbids_is_a_named_error(what, firmware_of, tmp_path):
    board, name, pattern, instead, message = MUTANTS[what]
    project, _ = firmware_of(board)
    changed = tmp_path / "changed"
    shutil.copytree(project, changed, ignore=shutil.ignore_patterns("build"))
    file = changed / "src" / "device" / name
    text, count = re.subn(pattern, instead.replace("SLOT", hex(board.code_address)), file.read_text())
    assert count
    file.write_text(text)
    put_in_flash(tmp_path / "flash", board, build(changed))
    with ChipBoard(board, tmp_path / "flash") as chip:
        with pytest.raises(BoardsError):
            console_of(chip).hello(10)
    assert re.search(message, chip.failure), chip.failure


def test_firmware_that_hangs_is_reset_by_the_watchdog(firmware_of, tmp_path):
    project, _ = firmware_of(NORDIC)
    changed = tmp_path / "changed"
    shutil.copytree(project, changed, ignore=shutil.ignore_patterns("build"))
    for name, old, new in (
        ("board.h", "#define WATCHDOG_SECONDS 10u", "#define WATCHDOG_SECONDS 1u"),
        ("voice_app.c", "    case CONSOLE_STOP:", "    case CONSOLE_STOP:\n        for (;;)\n            ;"),
    ):
        file = changed / "src" / "device" / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
    put_in_flash(tmp_path / "flash", NORDIC, build(changed))
    lines = []
    with ChipBoard(NORDIC, tmp_path / "flash", log=lines.append) as chip:
        line = serial.Serial(chip.port, NORDIC.baud, timeout=0.1)
        console = Console(line)
        console.wait_banner(30)
        line.write(frames.encode(frames.STOP))
        assert console.wait_banner(60)["board"] == NORDIC.name and chip.running, chip.failure
    assert lines[-2:] == ["the watchdog resets the chip", lines[0]]
