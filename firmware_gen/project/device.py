"""Generate a project's device files from a board file: compiler flags, linker script, headers and static C sources.

A driver is a file `templates/device/drivers/<family>/<part>.c`. The parts are uart.c (interface in device/uart.h),
counter.c (device/counter.h), slots.c (device/update/slots.h) and, for real chips, clock.c (device/clock.h), audio.c
(device/audio.h), rom.c (device/rom.h), watchdog.c (device/watchdog.h) and second_stage.c. The board file specifies the
family of each driver. Headers that a driver includes from the folders of driver families are copied as well. Supporting
a new chip requires one folder of drivers and one TOML file."""

import re
from pathlib import Path

from ticktalk.firmware_gen.chips.settings import NOTHING, Settings
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.project.target import Driven, Target

STACK_BYTES = 2048  # the graphs, the vocoder, the console and an interrupt use 300 to 600 bytes
TEXT_STACK_BYTES = 1024  # additional stack if the firmware reads text
LIBRARY_STACK_BYTES = 8192  # stack with TensorFlow Lite Micro
TLV_BYTES = 256  # space in the slot for the hash, key, counter and signature that the image tool appends

_TEMPLATES = Path(__file__).parent.parent / "templates"
_ZIG_FEATURES = {"portable": "", "dsp": "+dsp", "mve": "+dsp+mve"}  # zig enables no optional features by default
_COMMON = ("console", "crc", "link", "services", "startup", "trace_device", "uart_ring")
_CHIP = ("chip_state", "crash")  # added if the board has a real chip
_UPDATE = ("update/boot_image", "update/sha256", "update/unpack", "update/update")


def flash_limit(board: Target) -> int:
    """Return the number of flash bytes available for the vector table, code and constants."""
    return board.code_limit - TLV_BYTES


def stack_bytes(library: bool, text: bool) -> int:
    """Return the stack size in bytes.

    `library` is true if the firmware uses TensorFlow Lite Micro, and `text` is true if it reads text.
    """
    return (LIBRARY_STACK_BYTES if library else STACK_BYTES) + TEXT_STACK_BYTES * text


def device_files(
    board: Target,
    kind: str,
    name: str,
    library: bool = False,
    abi: str | None = None,
    text: bool = False,
    chip: Settings = NOTHING,
    converted: bool = False,
) -> dict[str, str]:
    """Return the project files for the device as a mapping from path to text.

    `kind` is "voice" or "model", and `name` the prefix of the generated library's symbols. `library` is true if a C
    library is linked. Otherwise the project includes the few library functions that the compiler calls. `abi` is the
    float ABI. The default is "hard" for MVE, which shares its registers with the floating-point unit, and "soft" for
    other instruction sets. `text` is true if the firmware reads text. `chip` contains the settings of a real chip. If
    `converted` is true, the console returns the samples of NAME_output.h.

    Raises BuildError if the board has no UART driver or its board file specifies an unknown driver.
    """
    abi = abi or ("hard" if board.isa == "mve" else "soft")
    if board.uart is None:
        raise BuildError(
            f"{board.name}: no complete firmware for this board. {board.embedding.why} Write a library for your own "
            f"project instead: ticktalk export --library --board {board.name}"
        )
    units = [
        *_COMMON,
        *_UPDATE * (board.secondary is not None),
        *_CHIP * (board.clock is not None),
        *("sound",) * (chip.sound is not None),
    ]
    verbatim = [f"{unit}.{suffix}" for unit in units for suffix in ("c", "h")]
    verbatim += [
        "application.h",
        "messages.h",
        "counter.h",
        driver(board, "counter", board.counter, "counter"),
        "uart.h",
        driver(board, "uart", board.uart, "uart"),
        "main.c",
        "identity.h",
        "lines.h",
        "registers.h",
        "sleep.h",
    ]
    verbatim += ["text_app.h"] if text else []
    if board.secondary:
        verbatim += ["update/slots.h", "update/slot_range.h", driver(board, "secondary", board.secondary, "slots")]
        verbatim += ["update/mapped_slots.c"] if board.clock else []  # for a real chip, which updates its own flash
    verbatim += [driver(board, "second_stage", board.second_stage, "second_stage")] if board.second_stage else []
    for table, described, part in (
        ("clock", board.clock, "clock"),
        ("sound", board.sound if chip.sound else None, "audio"),
        ("rom", board.rom, "rom"),
        ("watchdog", board.watchdog, "watchdog"),
    ):
        verbatim += [f"{part}.h", driver(board, table, described, part)] if described else []
    files = {f"src/device/{Path(name).name}": copied(f"device/{name}") for name in verbatim}
    files |= _family_headers(files, board.clock.driver if board.clock else "")
    rendered = [
        f"{kind}_app.c",
        *(["player.c", "player.h"] if kind == "voice" else []),
        *(["text_app.c"] if text else []),
    ]
    files |= {f"src/device/{file}": render(f"device/{file}.j2", name=name, converted=converted) for file in rendered}
    divider = max(16, round(board.uart.clock_hz / board.baud))  # 16 is the minimum divider of the UARTs
    files["src/device/board.h"] = render("device/board.h.j2", board=board, divider=divider, chip=chip)
    if not library:
        files["src/device/memory.c"] = copied("freestanding/memory.c")
        files["src/freestanding/string.h"] = copied("freestanding/string.h")
    files["firmware.ld"] = render(
        "device/firmware.ld.j2", board=board, flash_limit=flash_limit(board), stack_bytes=stack_bytes(library, text)
    )
    flags = {"board": board, "abi": abi, "core_flags": f"-mcpu={board.core} -mthumb -mfloat-abi={abi}"}
    files["arm-none-eabi.cmake"] = render("project/arm-none-eabi.cmake.j2", **flags)
    if not library:
        files["clang.cmake"] = render(
            "project/clang.cmake.j2", zig_cpu=board.core.replace("-", "_") + _ZIG_FEATURES[board.isa], **flags
        )
    return files


def driver(board: Target, table: str, described: Driven | None, part: str) -> str:
    """Return the path of the driver template for a peripheral.

    `table` is the table of the board file that describes the peripheral, and `part` is the driver's file name without
    its extension. A family without such a file uses the files of the family whose name is a prefix of its own name:
    "rp2" has what "rp2040" and "rp2350" share. Raises BuildError if there is no such file.
    """
    family = described.driver if described else "none"
    drivers = _TEMPLATES / "device" / "drivers"
    families = sorted(file.parent.name for file in drivers.glob(f"*/{part}.c"))
    shared = [each for each in families if family.startswith(each) and (drivers / family).is_dir()]
    if shared:
        return f"drivers/{max(shared, key=len)}/{part}.c"
    raise BuildError(
        f"{board.file}: key '{table}.driver' is '{family}', but firmware_gen/templates/device/drivers/{family} has no "
        f"{part}.c; add one, or use a family that has one: {', '.join(sorted({*families} - {'none'}))}"
    )


def _family_headers(files: dict[str, str], chip: str) -> dict[str, str]:
    """Return the headers from the folders of driver families that `files` include, directly or indirectly.

    If several families have a header of the same name, use that of the family `chip`, which drives the clock.
    """
    drivers = _TEMPLATES / "device" / "drivers"
    headers = {file.name: file for family in ("*", chip) if family for file in drivers.glob(f"{family}/*.h")}
    found: dict[str, str] = {}
    wanted = list(files.values())
    while wanted:
        for name in re.findall(r'^#include "(\w+\.h)"', wanted.pop(), re.M):
            if name in headers and f"src/device/{name}" not in found:
                text = headers[name].read_text(encoding="utf-8")
                found[f"src/device/{name}"] = text
                wanted.append(text)
    return found


def copied(name: str) -> str:
    """Return the contents of a template that is copied verbatim."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")
