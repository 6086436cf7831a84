"""Turn a board file into compiler flags, linker script, headers, and the fixed C around an application.

A driver is `templates/device/drivers/<family>/<part>.c`: uart.c (interface in device/uart.h), counter.c
(device/counter.h) or slots.c (device/update/slots.h). The board file names the family of each, so a new chip takes one
folder and one TOML file."""

from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.project.target import Driven, Target

STACK_BYTES = 2048  # graphs, vocoder, console and an interrupt use 300 to 600
LIBRARY_STACK_BYTES = 8192  # with TensorFlow Lite Micro
TLV_BYTES = 256  # of the slot, for the hash, key, counter and signature that the image tool appends

_TEMPLATES = Path(__file__).parent.parent / "templates"
_ZIG_FEATURES = {"portable": "", "dsp": "+dsp", "mve": "+dsp+mve"}  # by default, zig enables only a core's minimum
_COMMON = ("console", "crc", "link", "services", "startup", "trace_device")
_UPDATE = ("update/boot_image", "update/sha256", "update/unpack", "update/update")


def flash_limit(board: Target) -> int:
    """Return the bytes of flash available to vector table, code and constants."""
    return board.code_limit - TLV_BYTES


def stack_bytes(library: bool) -> int:
    """Return the size of the stack. `library`: the firmware uses TensorFlow Lite Micro."""
    return LIBRARY_STACK_BYTES if library else STACK_BYTES


def device_files(board: Target, application: str, library: bool = False, abi: str | None = None) -> dict[str, str]:
    """Return the project files of the device side.

    `application` is voice_app.c or model_app.c. `library`: a C library is linked; otherwise the project includes the
    few functions that the compiler calls. `abi` is the float ABI. The default is "hard" for MVE, which shares its
    registers with floats, else "soft".
    """
    abi = abi or ("hard" if board.isa == "mve" else "soft")
    if board.uart is None:
        raise BuildError(
            f"{board.name}: there is no start-up code or UART driver for this board; export for qemu-m4, qemu-m33 or "
            f"qemu-m55 (this board has a {board.core}) and link src/*.c without src/device into your own project"
        )
    verbatim = [
        f"{name}.{suffix}" for name in (*_COMMON, *_UPDATE * (board.secondary is not None)) for suffix in ("c", "h")
    ]
    verbatim += [
        "application.h",
        "messages.h",
        "counter.h",
        driver(board, "counter", board.counter, "counter"),
        "uart.h",
        driver(board, "uart", board.uart, "uart"),
        "main.c",
        application,
    ]
    verbatim += ["update/slots.h", driver(board, "secondary", board.secondary, "slots")] if board.secondary else []
    files = {f"src/device/{Path(name).name}": copied(f"device/{name}") for name in verbatim}
    divider = max(16, round(board.uart.clock_hz / board.baud))  # UARTs accept no divider below 16
    files["src/device/board.h"] = render("device/board.h.j2", board=board, divider=divider)
    if not library:
        files["src/device/memory.c"] = copied("device/memory.c")
        files["src/freestanding/string.h"] = copied("freestanding/string.h")
    files["firmware.ld"] = render(
        "device/firmware.ld.j2", board=board, flash_limit=flash_limit(board), stack_bytes=stack_bytes(library)
    )
    flags = {"board": board, "abi": abi, "core_flags": f"-mcpu={board.core} -mthumb -mfloat-abi={abi}"}
    files["arm-none-eabi.cmake"] = render("project/arm-none-eabi.cmake.j2", **flags)
    if not library:
        files["clang.cmake"] = render(
            "project/clang.cmake.j2", zig_cpu=board.core.replace("-", "_") + _ZIG_FEATURES[board.isa], **flags
        )
    return files


def driver(board: Target, table: str, described: Driven | None, part: str) -> str:
    """Return the template of the driver for what `table` of the board file describes.

    Raises BuildError if its family has none.
    """
    family = described.driver if described else "none"
    families = sorted(file.parent.name for file in (_TEMPLATES / "device" / "drivers").glob(f"*/{part}.c"))
    if family in families:
        return f"drivers/{family}/{part}.c"
    raise BuildError(
        f"{board.file}: key '{table}.driver' is '{family}', but firmware_gen/templates/device/drivers/{family} has no "
        f"{part}.c; add one, or use a family that has one: {', '.join(sorted({*families} - {'none'}))}"
    )


def copied(name: str) -> str:
    """Return the text of a template that is plain C."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")
