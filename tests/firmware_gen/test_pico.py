"""Test the firmware of the Raspberry Pi Pico: on rp2040js, against the vendor's registers, and in the linked file."""

import json
import re
import shutil
import struct
import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest

from tests.support.chips import Wired, in_flash
from tests.support.front import ticktalk
from tests.support.paths import ROOT, TESTS, TINY
from tests.support.pico import LineToChip, powered, unpacked
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.errors import BoardError, ImageError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.formats import check_image, uf2_of
from ticktalk.boards.protocols.uf2 import drive
from ticktalk.boards.virtual.pty_device import SimulatedDevice
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.chips.rp2 import pll_dividers
from ticktalk.firmware_gen.chips.rp2040 import FAMILY
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import COMPILERS, binary, build
from ticktalk.runtime_sim import speech
from ticktalk.runtime_sim.voice import load_voice

PICO = load_board("pico")
DRIVERS = ROOT / "firmware_gen" / "templates" / "device" / "drivers"
SOURCES = [*DRIVERS.glob("rp2/*.c"), *DRIVERS.glob("rp2040/*.c")]
FACTS = json.loads((TESTS / "data" / "rp2040.json").read_text())
REGISTERS = FACTS["registers"]
SEED = 0xFEDC_BA98

# Warnings about parts that rp2040js 1.4.1 does not model. Any other warning is an error in the firmware.
NOT_MODELLED = {
    "warning UART0: Unimplemented peripheral write to 0x34: 0x0",  # UARTIFLS
    "warning PIO0: clkDivRestart not implemented",
    "warning DMA: Unimplemented peripheral read from 0x444",  # CHAN_ABORT
    "warning PPB: Unimplemented peripheral write to 0xd9c: 0x1fffff10",  # MPU: 256 bytes below the RAM
    "warning PPB: Unimplemented peripheral write to 0xda0: 0x1000000f",  # no access
    "warning PPB: Unimplemented peripheral write to 0xd94: 0x5",
}

pytestmark = [
    pytest.mark.skipif(not shutil.which(tool), reason=f"needs {tool}")
    for tool in ("node", "cmake", "arm-none-eabi-gcc")
]


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return unpacked(tmp_path_factory.mktemp("rp2040js"))


@pytest.fixture(scope="module", params=COMPILERS)
def elf(request, voice, tmp_path_factory):
    """Return the firmware, built by each compiler without warnings (-Werror)."""
    if request.param == "clang":
        pytest.importorskip("ziglang")
    return build(export_voice(voice, PICO, tmp_path_factory.mktemp("pico") / "project", compiler=request.param))


def test_the_uf2_file_speaks_on_somebody_elses_chip(elf, voice, package, tmp_path):
    """The emulated chip starts with the second stage, prints the banner, sends PCM over the UART and to the I2S pins,
    and enters the boot loader. On our model of the chip, banner, PCM and sound of the same image are the same."""
    pytest.importorskip("unicorn")
    ids = speech.ids_of(voice, "hi")
    said = speech.speak(voice, ids, SEED)
    ours = Wired(PICO, in_flash(tmp_path / "ours", PICO, binary(elf).read_bytes()))
    answers = ours.ask(frames.SPEAK, struct.pack("<BI", 0, SEED) + bytes(ids))
    assert b"".join(payload[4:] for kind, payload in answers if kind == frames.PCM) == said.tobytes()
    played = np.frombuffer(ours.powered.record.samples, "<i2")
    assert np.array_equal(played[: len(said)], said) and not played[len(said) :].any()
    with powered(uf2_of(binary(elf).read_bytes(), PICO), package, tmp_path) as chip:
        assert chip.banner["board"] == "pico" and chip.banner["voice"] == voice.hash
        assert chip.banner["clock"] == "crystal" and chip.banner["clock_hz"] == "125000000"
        assert chip.banner["sound"] == "ready"
        assert "".join(f"{key}={value}\n" for key, value in chip.banner.items()) == ours.banner
        assert chip.console.speak(ids, seed=SEED, silence=120).pcm == said.tobytes()
        time.sleep(1)  # wait for the rest of the sound
        for _ in range(100):
            stats = chip.console.stats()
        assert stats["sound_underruns"] == 0 and 0 < stats["stack_bytes"] < stats["stack_size"]
        chip.console.boot()
    assert chip.facts["ended"] == "boot loader" and set(chip.facts["problems"]) == NOT_MODELLED
    assert chip.facts["clock_hz"] == 125_000_000 and chip.facts["baud_now"] == PICO.baud
    assert np.array_equal(chip.heard[: len(said), 0], said) and not chip.heard[len(said) :].any()
    assert np.array_equal(chip.heard[:, 0], chip.heard[:, 1])


def test_flash_enters_the_boot_loader_over_the_console_and_proves_the_new_firmware(
    elf, package, tmp_path, monkeypatch, home
):
    """Run `flash --port` as a new user would, with rp2040js at the other end of the line."""
    monkeypatch.setattr(drive, "MOUNTS", tmp_path / "no mounts")
    monkeypatch.setattr(drive, "PLACES", (str(tmp_path / "RPI-RP2"),))
    image = tmp_path / "firmware.bin"
    image.write_bytes(binary(elf).read_bytes())
    with LineToChip(tmp_path / "RPI-RP2", package, tmp_path) as pico, SimulatedDevice(pico) as device:
        pico.mount()
        first = flash(image, PICO, device.path)
        again = flash(image, PICO, device.path)
    build_id = json.loads((elf.parent.parent / "report.json").read_text())["build"]
    assert first["banner"]["build"] == again["banner"]["build"] == build_id and pico.pressed == 1
    assert first["before"]["from"] == "boot loader" and again["before"]["from"] == "application"


def fields_of(register: str, value: int) -> dict[str, int]:
    """Return the fields of a register's value that are not 0."""
    fields = {name: value >> low & ((1 << width) - 1) for name, (low, width) in REGISTERS[register]["fields"].items()}
    return {name: field for name, field in fields.items() if field}


def test_the_second_stage_sets_the_flash_up_for_continuous_quad_reads(elf, package, tmp_path):
    with powered(uf2_of(binary(elf).read_bytes(), PICO), package, tmp_path) as chip:
        pass
    names = {each["address"]: name for name, each in REGISTERS.items()}
    ssi = [(names[address].removeprefix("SSI_"), value) for address, value in chip.facts["flash_writes"]]
    last = dict(ssi)
    enabled = [name for at, (name, _) in enumerate(ssi) if name not in ("SSIENR", "DR0") and running(ssi[:at])]
    assert not enabled, f"configured while the SSI was enabled: {enabled}"
    assert last["SSIENR"] == 1 and last["BAUDR"] == 2 and last["RX_SAMPLE_DLY"] == 1 and last["CTRLR1"] == 0
    bytes_ = fields_of("SSI_CTRLR0", next(value for name, value in ssi if name == "CTRLR0"))
    assert bytes_ == {"DFS_32": 7}  # 8-bit frames in both directions
    assert fields_of("SSI_CTRLR0", last["CTRLR0"]) == {"SPI_FRF": 2, "DFS_32": 31, "TMOD": 3}  # quad, EEPROM read
    command, xip = (fields_of("SSI_SPI_CTRLR0", value) for name, value in ssi if name == "SPI_CTRLR0")
    assert command == {"TRANS_TYPE": 1, "ADDR_L": 8, "INST_L": 2, "WAIT_CYCLES": 4}  # EBh single, then quad
    assert xip == {"TRANS_TYPE": 2, "ADDR_L": 8, "WAIT_CYCLES": 4, "XIP_CMD": 0xA0}  # mode bits instead of a command
    # Expected commands for the Winbond W25Q16JV: read SR2, volatile write enable, write SR2 with QE, read SR1, then
    # quad read with mode bits A0h.
    assert [value for name, value in ssi if name == "DR0"] == [0x35, 0, 0x50, 0x31, 2, 0x05, 0, 0xEB, 0xA0]


def running(writes: list[tuple[str, int]]) -> bool:
    return [0, *(value for name, value in writes if name == "SSIENR")][-1] == 1


def test_every_register_field_and_interrupt_is_the_vendors():
    text = "".join((DRIVERS / file).read_text() for file in ("rp2040/rp2040_registers.h", "rp2/rp2_pio.h"))
    addresses = {name: int(value, 16) for name, value in re.findall(r"#define (\w+) (0x\w+)u\n", text)}
    bits = dict(re.findall(r"#define (\w+) \(1u << (\d+)\)\n", text))
    numbers = dict(re.findall(r"#define (\w+)_IRQ (\d+)\n", text))
    guards = 2
    assert len(addresses) + len(bits) + len(numbers) == len(re.findall("#define [A-Z]", text)) - guards
    assert len(addresses) > 40 and len(bits) > 50
    for name, address in addresses.items():
        assert REGISTERS[name]["address"] == address, name
    for name, bit in bits.items():
        register = max((each for each in addresses if name.startswith(f"{each}_")), key=len)
        assert REGISTERS[register]["fields"][name.removeprefix(f"{register}_")][0] == int(bit), name
    assert {"UART0_IRQ": int(numbers["UART0"]), "DMA_IRQ_0": int(numbers["DMA_IRQ_0"])} == FACTS["interrupts"]
    assert (PICO.uart.irq, PICO.sound.irq) == tuple(FACTS["interrupts"].values())
    literal = {
        int(found, 16)
        for file in [*SOURCES, DRIVERS.parent / "registers.h"]
        for found in re.findall(r"0x(?:4|5|18|E0)\w{6,}u?\b", file.read_text().replace("u", ""))
    }
    ppb = {REGISTERS[f"PPB_{name}"]["address"] for name in ("VTOR", "NVIC_ISER", "NVIC_IPR0")}
    stage = {REGISTERS["SSI_CTRLR0"]["address"], REGISTERS["PADS_QSPI_GPIO_QSPI_SCLK"]["address"] - 4}
    assert literal == ppb | stage


def test_the_linked_file_lies_in_the_chips_memories(elf):
    listing = subprocess.run(["arm-none-eabi-objdump", "-h", elf], capture_output=True, text=True, check=True).stdout
    sections = [
        (name, int(size, 16), int(address, 16))
        for name, size, address in re.findall(r"^ *\d+ (\.\w+) +(\w{8}) +(\w{8})", listing, re.M)
        if name
        in (".second_stage", ".vectors", ".voice", ".text", ".unwind", ".constructors", ".stack", ".data", ".bss")
    ]
    place = {name: (address, size) for name, size, address in sections}
    assert place[".second_stage"] == (0x1000_0000, 0x100) and place[".vectors"][0] == 0x1000_0100
    assert place[".stack"][0] == 0x2000_0000  # the MPU's region is below the stack, so an overflow causes a fault
    for name, size, address in sections:
        assert any(m.address <= address and address + size <= m.end for m in PICO.memories), name
    vectors = binary(elf).read_bytes()[0x100:0x200]
    handlers = {at: int.from_bytes(vectors[4 * at : 4 * at + 4], "little") for at in (1, 2, 3, 16 + 11, 16 + 20)}
    symbols = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True).stdout
    at = {name: int(address, 16) | 1 for address, name in re.findall(r"^(\w{8}) [tT] (\w+)$", symbols, re.M)}
    assert handlers == {1: at["reset"], 2: at["crash"], 3: at["crash"], 27: at["audio_isr"], 36: at["uart_receive_isr"]}


def test_the_firmware_has_no_float_no_heap_and_no_instruction_that_the_core_lacks(elf):
    attributes = subprocess.run(["arm-none-eabi-readelf", "-A", elf], capture_output=True, text=True, check=True).stdout
    assert "Tag_CPU_arch: v6S-M" in attributes and "Tag_FP_arch" not in attributes
    symbols = subprocess.run(["arm-none-eabi-nm", elf], capture_output=True, text=True, check=True).stdout
    assert not re.findall(r"\b(__aeabi_[fd]\w+|__aeabi_\w+2[fd]|malloc|_sbrk)\b", symbols)
    listing = subprocess.run(["arm-none-eabi-objdump", "-d", elf], capture_output=True, text=True, check=True).stdout
    wide = set(re.findall(r"\t[0-9a-f]{4} [0-9a-f]{4} *\t(\w+)", listing))
    assert wide <= {"bl", "msr", "mrs", "dsb", "dmb", "isb", "udf"}, wide  # all 32-bit instructions of Armv6-M
    assert not re.findall(r"\t(sdiv|udiv|cbz|cbnz|it|v\w+\.\w+)\t", listing)


@pytest.mark.skipif(not shutil.which("cppcheck"), reason="needs cppcheck")
def test_analysers_find_nothing_in_the_drivers(elf):
    device = elf.parent.parent / "src" / "device"
    sources = [str(device / file.name) for file in SOURCES]
    folders = [f"-I{device}", f"-I{device.parent}"]
    checks = ["--enable=warning,style,performance,portability", "--std=c11", "--quiet", "--suppress=missingInclude"]
    found = subprocess.run(["cppcheck", *checks, *folders, *sources], capture_output=True, text=True)
    assert not found.stderr and found.returncode == 0, found.stderr
    target = ["-mcpu=cortex-m0plus", "-mthumb", "-std=c11", "-O2", "-ffreestanding"]
    checks = ["-Wall", "-Wextra", "-Wconversion", "-Wcast-align=strict", "-Wshadow", "-Wundef", "-fanalyzer", "-Werror"]
    for source in sources:
        command = ["arm-none-eabi-gcc", *target, *checks, *folders, "-c", source, "-o", "/dev/null"]
        found = subprocess.run(command, capture_output=True, text=True)
        assert found.returncode == 0, found.stderr


def test_an_image_whose_second_stage_was_altered_is_refused(elf):
    data = binary(elf).read_bytes()
    assert check_image(data, PICO).size == len(data)
    with pytest.raises(ImageError, match="not a second boot stage with its CRC"):
        check_image(data[:100] + b"\0" + data[101:], PICO)


@pytest.mark.parametrize("rate, line, most", [(16_000, 16_000, 0), (22_050, 44_100, 5e-5), (24_000, 48_000, 5e-5)])
def test_the_sample_rate_is_exact_enough_and_its_error_is_reported(rate, line, most):
    chip = settings(PICO, rate)
    divider = int(chip.macros["SOUND_DIVIDER"][:-1]) + int(chip.macros["SOUND_FRACTION"][:-1]) / 256
    heard = 125_000_000 / divider / 2 / 32  # two instructions for each of the 32 bits of a frame
    assert chip.sound.line_hz == line == chip.sound.parts * rate and abs(heard / line - 1) <= most
    assert chip.sound.report()["error_percent"] == round(100 * (heard / line - 1), 5)


def test_the_plls_dividers_are_within_the_data_sheets_limits():
    for megahertz in (48, 96, 100, 120, 125, 126, 132, 133):
        board = replace(PICO, clock_hz=megahertz * 10**6)
        feedback, first, second = pll_dividers(board, FAMILY)
        assert 12 * feedback / first / second == megahertz and 750 <= 12 * feedback <= 1600 and first >= second
    assert pll_dividers(PICO, FAMILY) == (125, 6, 2)  # as pico-sdk


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"clock_hz": 200_000_000, "uart": replace(PICO.uart, clock_hz=200_000_000)}, "'clock_hz' is 200000000"),
        (
            {"clock": replace(PICO.clock, crystal_hz=25_000_000)},
            "'clock.crystal_hz' is 25000000, but must be from 5000000",
        ),
        ({"uart": replace(PICO.uart, clock_hz=48_000_000)}, "'uart.clock_hz' is 48000000, but the UART runs at"),
        ({"uart": replace(PICO.uart, pins=("GP0",))}, "'uart.pins' must name 2 pins from GP0 to GP29"),
        ({"uart": replace(PICO.uart, pins=("GP0", "PA1"))}, "'uart.pins' must name 2 pins"),
        ({"sound": replace(PICO.sound, pins=("GP10", "GP12", "GP9"))}, "'sound.pins': word select must be GP11"),
        ({"sound": replace(PICO.sound, pins=("GP10", "GP11", "GP30"))}, "'sound.pins' must name 3 pins"),
        ({"sound": replace(PICO.sound, rates=(44_100,))}, "no multiple of the voice's 16000 Hz"),
    ],
)
def test_a_board_file_that_the_chip_cannot_follow_is_refused(changes, words):
    with pytest.raises(BuildError, match=re.escape(words)):
        settings(replace(PICO, **changes), 16_000)


def test_a_second_stage_requires_the_rest_of_a_real_chip(tmp_path):
    text = (ROOT / "boards" / "catalogue" / "pico.toml").read_text()
    (tmp_path / "pico.toml").write_text(re.sub(r"\[clock\]\n.*\n.*\n", "", text))
    with pytest.raises(BoardError, match="requires \\[clock\\] and \\[uart\\]"):
        load_board(tmp_path / "pico.toml")


def test_the_command_line_makes_the_file_and_plans_the_copy(tmp_path):
    done = ticktalk("export", "--board", "pico", "--voice", TINY, "--uf2", "-o", tmp_path / "out", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    planned = ticktalk(
        "flash", "--board", "pico", "--image", tmp_path / "out" / "firmware.uf2", "--dry-run", "--json", cache=tmp_path
    )
    plan = json.loads(planned.stdout)
    assert (
        plan["protocol"] == "uf2" and plan["address"] == 0x1000_0000 and "only the firmware's banner" in plan["cannot"]
    )
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["sound"] == {"line_hz": 16000, "exact_hz": 16000.0, "repeat": 1, "error_percent": 0.0}
