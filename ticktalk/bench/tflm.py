"""Measure the same model in TensorFlow Lite Micro, in the same firmware (`--runtime tflm`).

The user provides a tflite-micro tree in which the libraries have been built. Each library for the board's core is
measured. TFLM's own makefile builds libraries with reference kernels and with CMSIS-NN kernels.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from ticktalk.bench.counting import OUTSIDE, count
from ticktalk.bench.measure import Log, Measurement, observe, parts_of, simulated, total
from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.export import export_model
from ticktalk.firmware_gen.project.build import PACKAGES, build, require_tools
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.firmware_gen.tflm_layout import target_of
from ticktalk.proof.subject import ModelSubject
from ticktalk.runtime_sim.oracles import TFLM_PACKAGE
from ticktalk.system import processes

_COMPILER = "arm-none-eabi-g++"
_LIBRARY = "libtensorflow-microlite.a"
_MAKE = (
    "make -f tensorflow/lite/micro/tools/make/Makefile TARGET=cortex_m_generic TARGET_ARCH={} "
    "OPTIMIZED_KERNEL_DIR=cmsis_nn microlite"
)


def measure(
    subject: ModelSubject, board: Board, ours: Measurement, folder: Path, log: Log, tree: Path
) -> Iterator[Measurement]:
    """Yield a measurement for each library in `tree`.

    `ours` supplies the multiply-adds and the size of the model. `folder` is for temporary files.
    """
    traces = [subject.computer(simulated(subject))(part) for part in parts_of(subject)]
    for kernels, library in libraries(tree, board).items():
        project = export_model(subject.path, board, folder / kernels, runtime="tflm")
        _link_with(project / "CMakeLists.txt", tree.resolve(), library)
        elf = build(project, "arm")
        name = f"tflm {kernels}"
        measurement = observe(name, elf, board, subject, traces, _part_of)
        measurement = _shared_out(measurement, ours.model_bytes, read_report(project)["arena_bytes"])
        works = count(elf, board, {}, lambda console: subject.on_device(console, subject.parts[0], trace=False), folder)
        total(measurement, works, board)
        measurement.macs, measurement.outside = ours.macs, {"all": works[OUTSIDE].instructions}
        log(f"{name}: counted")
        yield measurement


def require(tree: Path, board: Board) -> None:
    """Check that everything required for the measurement is available.

    Raises MissingToolError if there is no C++ compiler and library for Arm or no TFLite Micro package, and BuildError
    if `tree` has no library.
    """
    require_tools("arm", beside=(_COMPILER,))
    library = processes.run([_COMPILER, "-print-file-name=libstdc++.a"], text=True).stdout.strip()
    if not Path(library).is_absolute():
        raise MissingToolError(f"libstdc++.a for Arm is not installed: apt install {PACKAGES[_COMPILER]}")
    if find_spec("tflite_micro") is None:
        raise MissingToolError(f"TFLite Micro is missing: pip install {TFLM_PACKAGE}")
    libraries(tree, board)


def libraries(tree: Path, board: Board) -> dict[str, Path]:
    """Return the libraries for the board's core, by kernel name. Raises BuildError if there are none."""
    if not (tree / "tensorflow/lite/micro/micro_interpreter.h").is_file():
        raise BuildError(f"{tree}: not a tflite-micro tree: tensorflow/lite/micro/micro_interpreter.h is missing")
    arch, _ = target_of(board.core)
    begin = f"cortex_m_generic_{arch}_"
    found = {}
    for library in sorted(tree.glob(f"gen/{begin}*/lib/{_LIBRARY}")):
        flavour = library.parent.parent.name.removeprefix(
            begin
        )  # default_cmsis_nn_gcc, release_...; default_gcc: reference kernels
        kernels = "_".join(word for word in flavour.split("_") if word not in ("default", "gcc")) or "reference"
        found[kernels] = library.resolve()
    if not found:
        raise BuildError(f"{tree}: no gen/{begin}*/lib/{_LIBRARY}; run in the tree: {_MAKE.format(arch)}")
    return found


def _link_with(cmake: Path, tree: Path, library: Path) -> None:
    """Set the tree and the library in the project's build file."""
    text = cmake.read_text(encoding="utf-8")
    changed = text.replace('set(TFLM_DIR "" ', f'set(TFLM_DIR "{tree}" ').replace(
        'set(TFLM_LIBRARY "" ', f'set(TFLM_LIBRARY "{library}" '
    )
    if changed.count(f'"{tree}" ') != 1 or changed.count(f'"{library}" ') != 1:
        raise BuildError(f"{cmake}: not written by ticktalk, so the tree cannot be added to it")
    cmake.write_text(changed, encoding="utf-8")


def _part_of(constant: str) -> str:
    """Classify a constant. The FlatBuffer alone contains weights."""
    return "weights" if "model_data" in constant else "tables"


def _shared_out(measurement: Measurement, model_bytes: int, arena: int) -> Measurement:
    """Reclassify the FlatBuffer's overhead from weights to tables, and the arena from buffers.

    The arena cannot be identified from a linker map.
    """
    flash, ram = measurement.flash, measurement.ram
    rest = flash["weights"] - model_bytes
    return replace(
        measurement, model_bytes=model_bytes, flash=flash | {"weights": model_bytes, "tables": flash["tables"] + rest},
        ram=ram | {"arena": arena, "buffers": ram["buffers"] - arena})  # fmt: skip
