"""On the chip models, a stack overflow reaches the firmware's fault handler, which reports it and resets the chip."""

import importlib.util
import shutil
import struct

import pytest

from tests.support.chips import Wired, in_flash, put_in_flash
from tests.support.netduino import netduino
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.ports import send
from ticktalk.firmware_gen.project.build import binary, build

FEATHER, NORDIC, PICO = (load_board(name) for name in ("feather-stm32f405", "nrf5340-dk", "pico"))
MPU_CTRL, MPU_RBAR, MPU_LIMIT = 0xD94, 0xD9C, 0xDA0  # RASR or RLAR
UNUSED = 0x400  # before the end of RAM
PUSHING = struct.pack("<HH", 0xB401, 0xE7FD)  # push {r0}; b .-2
UNLIMITED = struct.pack("<HHH", 0x2000, 0xF380, 0x880A) + PUSHING  # movs r0, #0; msr msplim, r0
PAINT = struct.pack("<I", 0x5AC0FFEE)
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


@pytest.fixture
def wired(firmware_of, tmp_path):
    """Return a function that starts a board's firmware on its model."""

    def start(board):
        elf = firmware_of(board)[1]
        if board.uf2:
            in_flash(tmp_path / "flash", board, binary(elf).read_bytes())
        else:
            put_in_flash(tmp_path / "flash", board, elf)
        return Wired(board, tmp_path / "flash")

    return start


def execute(wired: Wired, code: bytes) -> None:
    """Let the core continue with `code`, which is written to RAM that the firmware does not use."""
    core, unused = wired.powered.chip.core, wired.board.ram.end - UNUSED
    assert not any(core.memory(unused, 64))
    core.load(unused, code)
    core._go(unused | 1)
    core.sleeping = False


@pytest.mark.parametrize(
    "board, report",
    [
        (FEATHER, "cfsr 00000092, at 2000001c, sp 20000000"),  # the push and that of the frame: DACCVIOL, MSTKERR
        (NORDIC, "cfsr 00100000, sp 20000000"),  # STKOF; the core limits the stack pointer
        (PICO, "cfsr 00000000, sp 1fffffe0"),  # the core has no CFSR
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_an_overflow_is_reported_before_the_firmware_starts_again(board, report, wired):
    chip = wired(board)
    execute(chip, PUSHING)
    (kind, payload), (again, banner) = chip.answers()
    assert kind == frames.ERROR and payload[1:].decode() == report
    assert again == frames.BANNER and banner.decode() == chip.banner


@pytest.mark.parametrize("board", [FEATHER, NORDIC, PICO], ids=lambda board: board.name)
def test_without_the_guard_an_overflow_leaves_the_ram(board, wired):
    from ticktalk.boards.virtual.chips.errors import ChipError

    chip = wired(board)
    core = chip.powered.chip.core
    assert core.memory(board.ram.address, 4) == PAINT
    core.system.write(MPU_CTRL, 4, 0)
    core._set_guard()
    execute(chip, UNLIMITED if board is NORDIC else PUSHING)
    with pytest.raises(ChipError, match=f"access to {board.ram.address - 4:#010x}, which is neither memory"):
        chip.answers()
    assert core.memory(board.ram.address, 4) != PAINT


@pytest.mark.parametrize(
    "board, rbar, limit, access",
    [
        (FEATHER, 0x11, lambda at: 9, 0x6809),  # region 1 of 32 bytes without access; ldr r1, [r1]
        (NORDIC, 4, lambda at: at | 1, 0x6009),  # 32 read-only bytes; str r1, [r1]
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_an_access_that_a_region_denies_is_a_fault(board, rbar, limit, access, wired):
    chip = wired(board)
    core, code = chip.powered.chip.core, board.ram.end - UNUSED
    at = code - 64
    for register, value in ((MPU_RBAR, at | rbar), (MPU_LIMIT, limit(at)), (MPU_CTRL, 5)):
        core.system.write(register, 4, value)
    core._set_guard()
    execute(chip, struct.pack("<HHHHI", 0x4901, access, 0xE7FE, 0xBF00, at))  # ldr r1, =at; access; b .
    report = chip.answers()[0][1][1:].decode()
    assert report.startswith(f"cfsr 00000082, pc {code + 2:08x}, lr ") and f", at {at:08x}, sp " in report


@pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")
def test_reports_equal_those_of_the_same_image_on_another_model(firmware_of, tmp_path):
    """QEMU's model of the Feather's chip has Arm's MPU. An empty STOP message overflows the stack. Any other STOP
    message writes to the lowest word of the stack."""
    project = tmp_path / "project"
    shutil.copytree(firmware_of(FEATHER)[0], project, ignore=shutil.ignore_patterns("build"))
    file = project / "src" / "device" / "voice_app.c"
    case = "    case CONSOLE_STOP: /* the speech has ended */\n"
    faults = """        if (message->length == 0)
            __asm volatile("1: push {r0}\\n\\tb 1b");
        extern uint32_t stack_bottom[];
        *(volatile uint32_t *)stack_bottom = 0;
"""
    assert case in file.read_text()
    file.write_text(file.read_text().replace(case, case + faults))
    elf = build(project)
    put_in_flash(tmp_path / "flash", FEATHER, elf)
    chip = Wired(FEATHER, tmp_path / "flash")
    for payload, cause in ((b"", "cfsr 00000092, at 2000001c"), (b"\0", "cfsr 00000082, pc ")):
        report = chip.ask(frames.STOP, payload)[0][1][1:].decode()
        assert report.startswith(cause)
        with netduino(elf.with_suffix(".bin"), FEATHER, tmp_path) as port:
            console = Console(port)
            console.wait_banner(30)
            send(port, frames.encode(frames.STOP, payload))
            with pytest.raises(DeviceError, match=f": {report}$"):
                console.wait_banner(30, frames.STOP)  # not a request: QEMU may have ended
