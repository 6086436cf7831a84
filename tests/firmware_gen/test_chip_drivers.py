"""Compare the registers of the drivers for real chips with the vendors' descriptions, and check firmware that uses the
drivers."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass, replace

import pytest

from tests.support.paths import ROOT, TINY
from ticktalk.boards.board import Board, load_board
from ticktalk.boards.board_tables import Secondary
from ticktalk.boards.virtual.chips.facts import Facts, load_facts
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import binary, build
from ticktalk.runtime_sim.voice import load_voice

DRIVERS = ROOT / "firmware_gen" / "templates" / "device" / "drivers"


@dataclass
class Family:
    """A family of chips: a board with two slots, the vendor's description, and one instance of each peripheral that has
    several instances."""

    name: str
    board: Board
    facts: Facts
    instances: dict[str, str]
    sound: tuple[str, str]  # peripheral and interrupt
    console: tuple[str, str]  # likewise
    flash: str = "FLASH"
    timeout: int | None = None  # interrupt of the timer that limits the wait for the sound output

    def split(self, name: str) -> tuple[str, str]:
        """Return the peripheral's name, and the rest of a constant's name."""
        known = {*self.facts.bases, *self.instances}
        peripheral = max((each for each in known if name.startswith(f"{each}_")), key=len)
        return peripheral, name.removeprefix(f"{peripheral}_")

    @property
    def registers(self) -> str:
        own = (DRIVERS / self.name / f"{self.name}_registers.h").read_text()
        shared = re.findall(r'^#include "(\w+_registers.h)"$', own, re.M)
        return "".join([own, *(file.read_text() for name in shared for file in DRIVERS.glob(f"*/{name}"))])


F4 = Family(
    "stm32f4",
    # two slots that are large enough for small voices
    replace(
        load_board("feather-stm32f405"),
        slot_size=0x6_0000,
        secondary_address=0x0808_0000,
        secondary=Secondary("stm32", 0x4002_3C00),
    ),
    load_facts("stm32f405"),
    {"USART": "USART3", "GPIO": "GPIOB", "SPI": "SPI2", "DMA": "DMA1"},
    ("SPI2", "DMA1_Stream4"),
    ("USART3", "USART3"),
)
L4 = Family(
    "stm32l4",
    load_board("nucleo-l4r5zi"),
    load_facts("stm32l4r5"),
    {"USART": "USART1", "GPIO": "GPIOB", "SAI": "SAI1", "DMA": "DMA1", "DMAMUX": "DMAMUX1"},
    ("SAI1", "DMA1_Channel1"),
    ("USART1", "USART1"),
)
U5 = Family(
    "stm32u5",
    load_board("stm32u5a9j-dk"),
    load_facts("stm32u5a9"),
    {"USART": "USART1", "GPIO": "GPIOC", "SAI": "SAI1", "GPDMA": "GPDMA1"},
    ("SAI1", "GPDMA1_Channel0"),
    ("USART1", "USART1"),
    timeout=load_facts("stm32u5a9").interrupts["TIM6"],
)
NRF52 = Family(
    "nrf52",
    load_board("nrf52840-dk"),
    load_facts("nrf52840"),
    {"UARTE": "UARTE0", "GPIO": "P0", "I2S": "I2S", "WDT": "WDT"},
    ("I2S", "I2S"),
    ("UARTE0", "UARTE0"),
    "NVMC",
    load_facts("nrf52840").interrupts["TIMER2"],
)
NRF53 = Family(
    "nrf53",
    load_board("nrf5340-dk"),
    load_facts("nrf5340"),
    {"UARTE": "UARTE0", "GPIO": "P0", "I2S": "I2S0", "WDT": "WDT0"},
    ("I2S0", "I2S0"),
    ("UARTE0", "SERIAL0"),
    "NVMC",
    load_facts("nrf5340").interrupts["TIMER2"],
)
RP2350 = Family(
    "rp2350", load_board("pico2"), load_facts("rp2350"), {}, ("PIO0", "DMA_IRQ_0"), ("UART0", "UART0"), flash=""
)
FAMILIES = [F4, L4, U5, NRF52, NRF53, RP2350]
families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@families
def test_every_register_and_field_is_where_the_vendor_says(family):
    facts, checked, text = family.facts, 0, "".join(family.registers)
    for name, value in re.findall(r"^#define (\w+) (0x[0-9A-F]+)u$", text, re.M):
        peripheral, register = family.split(name)
        if register == "BASE":
            assert int(value, 16) == facts.bases[peripheral], name
        else:
            instance = family.instances.get(peripheral, peripheral)
            base = 0 if peripheral in family.instances else facts.bases[peripheral]
            assert int(value, 16) == base + facts.registers[instance][register].offset, name
        checked += 1
    for name, bit in re.findall(r"^#define (\w+) \(1u << (\d+)\)$", text, re.M):
        peripheral, rest = family.split(name)
        registers = facts.registers[family.instances.get(peripheral, peripheral)]
        register = max((each for each in registers if rest.startswith(f"{each}_")), key=len)
        assert int(bit) == registers[register].fields[rest.removeprefix(f"{register}_")][0], name
        checked += 1
    for name, number in re.findall(r"^#define (\w+)_IRQ (\d+)$", text, re.M):
        assert int(number) == facts.interrupts[name], name
        checked += 1
    assert checked == len(re.findall(r"^#define (?!\w+_H$)", text, re.M))  # without the guards


@families
def test_the_drivers_have_no_addresses_of_their_own(family):
    """Exceptions are the core's registers, which start at 0xE000E000, and the location of the slots in flash."""
    shared = [file for name in ("nrf", "rp2", "stm32", "stm32_sai") for file in (DRIVERS / name).glob("*.?")]
    shared.remove(DRIVERS / "rp2" / "rp2_pio.h")
    shared.remove(DRIVERS / "stm32" / "stm32_registers.h")
    own = [file for pattern in ("*.c", "*_play.h") for file in (DRIVERS / family.name).glob(pattern)]
    files = [*own, *shared, DRIVERS.parent / "registers.h"]
    for file in files:
        assert not re.findall(r"0x[4-9A-D][0-9A-F]{7}u", re.sub(r"#define (KEY_|RELOAD).*", "", file.read_text())), (
            file.name
        )


@families
def test_the_board_file_agrees_with_the_vendor(family):
    board, facts = family.board, family.facts
    assert (board.uart.address, board.uart.irq) == (facts.bases[family.console[0]], facts.interrupts[family.console[1]])
    assert board.secondary is None or board.secondary.address == facts.bases[family.flash]
    assert (board.sound.address, board.sound.irq) == (facts.bases[family.sound[0]], facts.interrupts[family.sound[1]])


# The families that only `make long` builds with clang share their core and most of their drivers with another one.
@pytest.mark.parametrize(
    ("family", "compiler"),
    [
        *((family, "gcc") for family in FAMILIES),
        *((family, "clang") for family in (U5, NRF52, RP2350)),
        *(pytest.param(family, "clang", marks=pytest.mark.long) for family in (F4, L4, NRF53)),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_it_builds_with_slots_and_lies_where_the_memories_are(family, compiler, firmware_of, tmp_path):
    if compiler == "clang" and not importlib.util.find_spec("ziglang") and not shutil.which("zig"):
        pytest.skip("needs ziglang")
    board = family.board
    if compiler == "gcc":
        _, elf = firmware_of(board)
    else:
        elf = build(export_voice(load_voice(TINY), board, tmp_path / "project", compiler=compiler))
    image = binary(elf).read_bytes()[board.header_size if board.second_stage else 0 :]
    assert int.from_bytes(image[:4], "little") == board.ram.address + 2048  # the stack is at the bottom of RAM
    used = {16 + irq for irq in (board.sound.irq, board.uart.irq, family.timeout) if irq is not None}
    vectors = [int.from_bytes(image[4 * n : 4 * n + 4], "little") for n in range(max(used) + 1)]
    assert {n for n in range(16, len(vectors)) if vectors[n]} == used
    assert all(board.slot_address <= vectors[n] < board.slot_address + board.slot_size for n in (1, 3, *used))
    sections = subprocess.run(["arm-none-eabi-objdump", "-h", elf], check=True, capture_output=True, text=True).stdout
    for name, size, address in re.findall(r"^ +\d+ (\.\w+) +(\w+)  (\w+) ", sections, re.M):
        start, end = int(address, 16), int(address, 16) + int(size, 16)
        if start >= board.flash.address and name != ".comment":
            assert any(memory.address <= start and end <= memory.end for memory in board.memories), name
    code = subprocess.run(["arm-none-eabi-objdump", "-d", elf], check=True, capture_output=True, text=True).stdout
    assert not re.search(r"\tv(ldr|str|add|mul|mov|cvt)|<(malloc|__aeabi_[fd])", code)


@families
@pytest.mark.skipif(not shutil.which("cppcheck"), reason="needs cppcheck")
def test_analysers_find_nothing_in_the_drivers(family, firmware_of):
    source = firmware_of(family.board)[0] / "src"
    names = (
        "audio",
        "chip_state",
        "clock",
        "crash",
        "link",
        "mapped_slots",
        "rom",
        "slots",
        "sound",
        "uart",
        "watchdog",
    )
    files = [str(file) for name in names if (file := source / "device" / f"{name}.c").exists()]
    assert len(files) >= len(names) - 2
    include = [f"-I{source}", f"-I{source}/device", f"-I{source}/freestanding"]
    core = [f"-mcpu={family.board.core}", "-mthumb"]
    flags = ["-std=c11", "-O2", "-ffreestanding", "-fsyntax-only", "-fanalyzer"]
    warnings = ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
    subprocess.run(["arm-none-eabi-gcc", *core, *flags, *warnings, *include, *files], check=True)
    checks = ["--enable=warning,performance,portability", "--std=c11", "--quiet", "--error-exitcode=1"]
    subprocess.run(["cppcheck", *checks, *include, *files], check=True)
