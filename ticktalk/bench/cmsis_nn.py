"""Measure the same model as plain calls to CMSIS-NN, in the same firmware, as if a compiler had lowered it to them.

The user provides CMSIS-NN's headers and libraries. The calls replace ticktalk's implementation of `model_invoke`, as
in bakenn.py.
"""

from collections.abc import Iterator
from pathlib import Path

from ticktalk.bench.cmsis_nn_calls import header_of, macs_of, source_of
from ticktalk.bench.counting import OUTSIDE, count
from ticktalk.bench.measure import Log, Measurement, by_source, observe, total, traces_of
from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_model
from ticktalk.firmware_gen.project.build import build
from ticktalk.proof.subject import ModelSubject

_LIBRARY = "libcmsis-nn.a"  # the name in CMSIS-NN's own CMake files
_PARTS = {"weights": "weights", "bias": "biases", "multipliers": "biases", "shifts": "biases", "sums": "biases"}


def measure(
    subject: ModelSubject, board: Board, ours: Measurement, folder: Path, log: Log, tree: Path
) -> Iterator[Measurement]:
    """Yield a measurement for each library in `tree`.

    `ours` supplies the multiply-adds and the size of the model. `folder` is for temporary files.
    """
    graph, traces = subject.graphs[0], traces_of(subject)
    for name, library in libraries(tree, board).items():
        project = folder / library.parent.name
        export_model(subject.path, board, project)
        try:
            source = source_of(graph, board.isa)
        except BuildError as error:
            yield Measurement(name, refused=str(error))
            return
        (project / "src/model.h").write_text(header_of(graph), encoding="utf-8")
        (project / "src/model.c").write_text(source, encoding="utf-8")
        _link_with(project / "CMakeLists.txt", tree.resolve(), library)
        elf = build(project, "arm")
        measurement = observe(name, elf, board, subject, traces, _part_of)
        works = count(elf, board, {}, lambda console: subject.on_device(console, subject.parts[0], trace=False), folder)
        total(measurement, works, board)
        measurement.macs, measurement.model_bytes = macs_of(graph), ours.model_bytes
        measurement.outside = by_source(works[OUTSIDE], elf)
        log(f"{name}: counted")
        yield measurement


def require(tree: Path, board: Board) -> None:
    """Raise BuildError if `tree` has no library for the board's core."""
    libraries(tree, board)


def libraries(tree: Path, board: Board) -> dict[str, Path]:
    """Return the libraries for the board's core by name. Raises BuildError if there are none.

    A library's folder is named after the core and how it was built, such as build-cortex-m4-O3.
    """
    if not (tree / "Include/arm_nnfunctions.h").is_file():
        raise BuildError(f"{tree}: not a CMSIS-NN tree: Include/arm_nnfunctions.h is missing")
    found = {}
    for library in sorted(tree.glob(f"*{board.core}*/{_LIBRARY}")):
        found[f"cmsis-nn {library.parent.name}"] = library.resolve()
    if not found:
        raise BuildError(
            f"{tree}: no *{board.core}*/{_LIBRARY}; build CMSIS-NN for the core in a folder of this name, such as "
            f"build-{board.core}, with the board's float ABI"
        )
    return found


def _link_with(cmake: Path, tree: Path, library: Path) -> None:
    """Add the headers and the library to the project's build file, and remove ticktalk's own weights from it."""
    text = cmake.read_text(encoding="utf-8")
    changed = text.replace("    src/model_weights.c\n", "").replace(
        "    target_link_libraries(firmware.elf PRIVATE gcc)",
        f'    target_include_directories(firmware.elf SYSTEM PRIVATE "{tree}/Include")\n'
        f'    target_link_libraries(firmware.elf PRIVATE "{library}" gcc)',
    )
    if changed.count(f'"{library}"') != 1 or "model_weights" in changed:
        raise BuildError(f"{cmake}: this build file was not written by ticktalk, so CMSIS-NN cannot be added")
    cmake.write_text(changed, encoding="utf-8")


def _part_of(constant: str) -> str:
    """Classify a constant of the generated code by its name."""
    return _PARTS.get(constant.partition("_")[0], "tables")
