"""Measure the same voice or model in TensorFlow Lite Micro, in the same firmware (`--runtime tflm`).

The user provides a tflite-micro tree in which the libraries have been built. Each library for the board's core is
measured. TFLM's own makefile builds libraries with reference kernels and with CMSIS-NN kernels.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from ticktalk.bench.counting import OUTSIDE, count
from ticktalk.bench.measure import Log, Measurement, by_source, observe, run_parts, total, traces_of
from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.export import export_model, export_voice
from ticktalk.firmware_gen.project.build import PACKAGES, build, require_tools
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.firmware_gen.tflm_layout import target_of
from ticktalk.proof.subject import ModelSubject, VoiceSubject
from ticktalk.proof.trace import Trace
from ticktalk.runtime_sim.oracles import TFLM_PACKAGE
from ticktalk.system import processes

_COMPILER = "arm-none-eabi-g++"
_BUILDS = ("default", "debug", "release_with_logs", "release")  # BUILD_TYPE of TFLM's makefile, longer names first
_LIBRARY = "libtensorflow-microlite.a"
_MAKE = (
    "make -f tensorflow/lite/micro/tools/make/Makefile TARGET=cortex_m_generic TARGET_ARCH={} "
    "OPTIMIZED_KERNEL_DIR=cmsis_nn TARGET_TOOLCHAIN_ROOT= microlite"
)


def measure(
    subject: VoiceSubject | ModelSubject, board: Board, ours: Measurement, folder: Path, log: Log, tree: Path
) -> Iterator[Measurement]:
    """Yield a measurement for each library in `tree`.

    `ours` supplies the size of the model. `folder` is for temporary files.
    """
    traces = traces_of(subject)
    for kernels, library in libraries(tree, board).items():
        project = _export(subject, board, folder / kernels)
        _link_with(project / "CMakeLists.txt", tree.resolve(), library)
        elf = build(project, "arm")
        name = f"tflm {kernels}"
        measurement = observe(name, elf, board, subject, traces, _part_of)
        report = read_report(project)
        measurement = _shared_out(measurement, ours.model_bytes, report["arena_bytes"])
        works = count(elf, board, {}, lambda console: run_parts(console, subject), folder)
        total(measurement, works, board)
        measurement.macs = _macs(subject, traces, report)
        measurement.outside = by_source(works[OUTSIDE], elf)
        log(f"{name}: counted")
        yield measurement


def _export(subject: VoiceSubject | ModelSubject, board: Board, folder: Path) -> Path:
    if isinstance(subject, VoiceSubject):
        return export_voice(subject.voice, board, folder, runtime="tflm", text=subject.pack)
    return export_model(subject.path, board, folder, runtime="tflm")


def _macs(subject: VoiceSubject | ModelSubject, traces: list[Trace], report: dict) -> int:
    """Return the multiply-adds that TFLM executes.

    TFLM computes a voice in chunks with overlapping context, so the number is higher than that of the streaming C code.
    """
    invocations = dict.fromkeys(report["graphs"], 1)
    if isinstance(subject, VoiceSubject):
        manifest = subject.voice.manifest
        chunk = {name: part["chunk"] for name, part in manifest["graphs"].items()}
        frames = [len(trace.pcm) // manifest["hop"] for trace in traces]
        invocations = {
            "phoneme": sum(-(-len(ids) // chunk["phoneme"]) for ids, *_ in subject.parts),
            "frame": sum(-(-count // chunk["frame"]) for count in frames),
        }
    return sum(
        invocations[name] * sum(operator["macs"] for operator in facts["operators"])
        for name, facts in report["graphs"].items()
    )


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
        found[_name_of(library.parent.parent.name.removeprefix(begin))] = library.resolve()
    if not found:
        raise BuildError(f"{tree}: no gen/{begin}*/lib/{_LIBRARY}; run in the tree: {_MAKE.format(arch)}")
    return found


def _name_of(flavour: str) -> str:
    """Return a name for a library from the end of its folder's name, BUILDTYPE_KERNELS_TOOLCHAIN.

    default_cmsis_nn_gcc becomes cmsis_nn, release_cmsis_nn_gcc cmsis_nn-release, and default_gcc reference.
    """
    build = next((build for build in _BUILDS if flavour.startswith(f"{build}_")), "")
    kernels = flavour.removeprefix(build).strip("_").removesuffix("gcc").strip("_") or "reference"
    return f"{kernels}-{build}" if build not in ("", "default") else kernels


def _link_with(cmake: Path, tree: Path, library: Path) -> None:
    """Set the tree and the library in the project's build file."""
    text = cmake.read_text(encoding="utf-8")
    changed = text.replace('set(TFLM_DIR "" ', f'set(TFLM_DIR "{tree}" ').replace(
        'set(TFLM_LIBRARY "" ', f'set(TFLM_LIBRARY "{library}" '
    )
    if changed.count(f'"{tree}" ') != 1 or changed.count(f'"{library}" ') != 1:
        raise BuildError(f"{cmake}: this build file was not written by ticktalk, so the tree cannot be added")
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
