"""Fuzz generated C with libFuzzer. A board's project is built without the files that access hardware.

python -m tests.robustness.fuzz voice|model|unpack|image MINUTES FOLDER  # writes corpus, crashes and coverage to FOLDER
"""

import shutil
import subprocess
from pathlib import Path

import numpy as np

from tests.support.hand_made import counter, hand_made
from tests.support.models import small_network
from tests.support.object_cache import launcher
from tests.support.paths import ROOT
from tests.support.talker import talker
from tests.support.watch_firmware import firmware
from ticktalk.boards.board import load_board
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.firmware_gen.chips.settings import NOTHING
from ticktalk.firmware_gen.export import export_model, export_voice
from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.project.render import render

HERE = Path(__file__).parent
DICTIONARY = HERE / "console.dict"
DEVICE = ROOT / "firmware_gen" / "templates" / "device" / "update"
NO_COUNTER = DEVICE.parent / "drivers" / "none" / "counter.c"
BOARD = load_board("qemu-m4")
BOARD_ITSELF = {"startup.c", "counter.c", "main.c", "memory.c", "uart.c", "uart_ring.c", "slots.c"}
SANITIZE = ["-fsanitize=fuzzer-no-link,address,undefined", "-fno-sanitize-recover=all"]
FLAGS = ["-std=c11", "-O1", "-g1", "-Wall", "-Wextra", "-Werror", *SANITIZE, "-DTT_TRACE=1"]
COVERAGE = ("-fprofile-instr-generate", "-fcoverage-mapping")


def missing(folder: Path) -> str:
    """Return the reason why fuzzing is not possible on this machine, or "".

    Fuzzing requires clang with libFuzzer and sanitizers.
    """
    if shutil.which("clang") is None:
        return "clang is not installed"
    source = folder / "nothing.c"
    source.write_text("#include <stddef.h>\nint LLVMFuzzerTestOneInput(const char *d, size_t n) { return !d && n; }\n")
    command = ["clang", "-fsanitize=fuzzer,address,undefined", str(source), "-o", str(folder / "nothing")]
    done = subprocess.run(command, capture_output=True)
    return "clang has no libFuzzer: apt install libclang-rt-dev" if done.returncode else ""


def running_image() -> bytes:
    """Return the image that the fuzzed firmware considers to be running."""
    return make_image(firmware(BOARD, padding=1000), BOARD)


def build_console(kind: str, folder: Path, flags: tuple[str, ...] = ()) -> Path:
    """Build the console fuzzer in `folder` and return its path.

    The firmware is that of the tiny voice or, if `kind` is "model", of a small model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "voice":
        project = export_voice(talker(), BOARD, folder / "project")
    else:
        (folder / "small.tflite").write_bytes(small_network())
        project = export_model(folder / "small.tflite", BOARD, folder / "project")
    image = running_image()
    (folder / "running.c").write_text(
        "#include <stdint.h>\nextern const uint8_t running_image[];\nextern const uint32_t running_bytes;\n"
        f"const uint8_t running_image[] = {{\n{initialiser(np.frombuffer(image, np.uint8))}}};\n"
        f"const uint32_t running_bytes = {len(image)};\n"
    )
    source = project / "src"
    firmware_sources = [
        path for path in sorted([*source.glob("*.c"), *source.glob("device/*.c")]) if path.name not in BOARD_ITSELF
    ]
    return _link(
        folder,
        firmware_sources,
        [HERE / "console.c", folder / "running.c", NO_COUNTER],
        [f"-I{source}", f"-I{source}/device", *flags],
    )


def build_unpack(folder: Path, flags: tuple[str, ...] = (), source: Path = DEVICE / "unpack.c") -> Path:
    """Build the fuzzer of the update decoder in `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    includes = [f"-I{DEVICE}", f"-I{DEVICE.parent}"]
    return _link(folder, [source], [HERE / "unpack.c"], [*includes, *flags])


def build_image(folder: Path, flags: tuple[str, ...] = ()) -> Path:
    """Build the fuzzer of the firmware's image reader in `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "board.h").write_text(render("device/board.h.j2", board=BOARD, divider=16, chip=NOTHING))
    includes = [f"-I{folder}", f"-I{DEVICE}", f"-I{DEVICE.parent}"]
    return _link(folder, [DEVICE / "boot_image.c", DEVICE / "sha256.c"], [HERE / "image.c"], [*includes, *flags])


def write_images(corpus: Path) -> None:
    """Write seed images that together contain every kind of TLV entry."""
    corpus.mkdir(parents=True, exist_ok=True)
    pairs = [counter(7), (0x40, bytes(12)), (0xA0, b"x")]
    key = [(0x01, bytes(32)), (0x24, bytes(64)), (0x22, bytes(70)), (0x02, bytes(44))]
    for name, protected, behind in (("plain", [], []), ("signed", pairs[:1], key[:2]), ("all", pairs, key)):
        image = hand_made(BOARD, protected=protected, behind=lambda held, more=behind: [*held, *more])
        (corpus / name).write_bytes(image)


def _link(folder: Path, firmware_sources: list[Path], harness: list[Path], flags: list[str]) -> Path:
    """Link the firmware and the harness, and return the program.

    console.ld identifies the firmware's variables by the name of the archive.
    """
    archive, program = folder / "libfirmware.a", folder / "fuzz"
    archive.unlink(missing_ok=True)
    _run(["ar", "rcs", archive, *(_object(source, folder / f"{source.stem}.o", flags) for source in firmware_sources)])
    objects = [_object(source, folder / f"harness_{source.stem}.o", flags) for source in harness]
    _run(
        [
            "clang",
            *FLAGS,
            *flags,
            "-fsanitize=fuzzer",
            *objects,
            archive,
            f"-Wl,-T,{HERE / 'console.ld'}",
            "-o",
            program,
        ]
    )
    return program


def _object(source: Path, target: Path, flags: list[str]) -> Path:
    _run([*launcher(), "clang", *FLAGS, *flags, "-c", source, "-o", target])
    return target


def _run(command: list) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
