"""Measure the same model compiled by `bakenn` (PyPI), in the same firmware, with the same compiler and flags.

bakenn's C replaces ticktalk's implementation of `model_invoke`. The console, start-up code, counter and linker script
remain. Two of its back ends are measured: portable C, and CMSIS-NN supplemented by bakenn's own SMLAD kernels. If
bakenn refuses a model, its message is reported.

bakenn does not accept shape signatures with a dynamic batch dimension, which TensorFlow's converter writes. Such
signatures are replaced by the shapes of the tensors, which have a batch size of one.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from ticktalk.bench.counting import OUTSIDE, count
from ticktalk.bench.measure import Log, Measurement, observe, total, traces_of
from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.export import export_model
from ticktalk.firmware_gen.project.build import build
from ticktalk.proof.subject import ModelSubject

INSTALL = 'pip install "bakenn[tflite]"'
BACK_ENDS = {"bakenn portable": False, "bakenn CMSIS-NN": True}

_HEADER = """/* bakenn's code behind the interface of a ticktalk graph. */
#ifndef MODEL_H
#define MODEL_H

#include "bknn_model.h"
#include "ticktalk.h"

#define MODEL_INPUTS 1
#define MODEL_OUTPUTS 1

struct model {
    TICKTALK_ALIGN(16) int8_t input[BKNN_MODEL_INPUT_BYTES];
    TICKTALK_ALIGN(16) int8_t output[BKNN_MODEL_OUTPUT_BYTES];
};

static inline int8_t *model_input_0(struct model *graph)
{
    return graph->input;
}

static inline int8_t *model_output_0(struct model *graph)
{
    return graph->output;
}

void model_invoke(struct model *graph);

#endif
"""
_SHIM = """#include "model.h"

static _Alignas(16) uint8_t model_arena[BKNN_MODEL_ARENA_SIZE + !BKNN_MODEL_ARENA_SIZE];

void model_invoke(struct model *graph)
{
    bknn_model_infer(model_arena, graph->input, graph->output);
}
"""


def measure(subject: ModelSubject, board: Board, ours: Measurement, folder: Path, log: Log) -> Iterator[Measurement]:
    """Yield a measurement for each back end.

    `ours` supplies the multiply-adds and the size of the model. `folder` is for temporary files.
    """
    compiler = _imported()
    data = _with_batch(subject.path.read_bytes())
    traces = traces_of(subject)
    for name, vendor in BACK_ENDS.items():
        if vendor and board.isa == "portable":
            yield Measurement(name, refused=f"{board.core} has no DSP instructions")
            continue
        project = folder / ("vendor" if vendor else "plain")
        try:
            _put_in(compiler, data, vendor, export_model(subject.path, board, project))
        except compiler.BakeNNError as error:
            yield Measurement(name, refused=" ".join(str(error).split()))
            log(f"{name}: refused")
            continue
        elf = build(project, "arm")
        kind_of = _kind_in((project / "src/bakenn/bknn_model_weights.c").read_text(encoding="utf-8"))
        measurement = observe(name, elf, board, subject, traces, kind_of)
        works = count(elf, board, {}, lambda console: subject.on_device(console, subject.parts[0], trace=False), folder)
        total(measurement, works, board)
        measurement.macs, measurement.model_bytes = ours.macs, ours.model_bytes
        measurement.outside = {"all": works[OUTSIDE].instructions}
        log(f"{name}: counted")
        yield measurement


def require() -> None:
    """Raise MissingToolError if the package is not installed."""
    _imported()


def _imported() -> ModuleType:
    try:
        import bakenn
        import tflite  # noqa: F401 (required by bakenn's importer)
    except ImportError as error:
        raise MissingToolError(f"{error.name} is not installed: {INSTALL}") from None
    return bakenn


def _with_batch(data: bytes) -> bytes:
    """Return the model with each shape signature replaced by the tensor's shape."""
    import tflite

    changed = bytearray(data)
    graph = tflite.Model.GetRootAs(changed, 0).Subgraphs(0)
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        if not tensor.ShapeSignatureIsNone() and tensor.ShapeSignatureLength() == tensor.ShapeLength():
            tensor.ShapeSignatureAsNumpy()[:] = tensor.ShapeAsNumpy()
    return bytes(changed)


def _put_in(compiler: ModuleType, data: bytes, vendor: bool, project: Path) -> None:
    """Compile the model with bakenn, and replace the project's graph with the result."""
    options = compiler.CBackendOptions(
        kernel_policy=compiler.KernelPolicy.STATIC_PRIORITY if vendor else compiler.KernelPolicy.PORTABLE,
        enable_cmsis_nn=vendor,
        target=compiler.CORTEX_M4 if vendor else compiler.PORTABLE_32,
    )
    compiler.compile_tflite(data, project / "src/bakenn", name="model", backend_options=options)
    (project / "src/model.h").write_text(_HEADER, encoding="utf-8")
    (project / "src/model.c").write_text(_SHIM, encoding="utf-8")
    # CMSIS-NN includes math.h, but the int8 kernels do not use it.
    (project / "src/freestanding/math.h").write_text("/* nothing declared here is used */\n", encoding="utf-8")
    cmake = project / "CMakeLists.txt"
    text = cmake.read_text(encoding="utf-8")
    changed = text.replace("    src/model_weights.c\n", "    ${BAKENN_MODEL_SOURCES}\n").replace(
        "-Wall -Wextra -Wconversion -Werror", "-w"
    )
    changed = changed.replace("set(SOURCES\n", "include(src/bakenn/bakenn_sources.cmake)\nset(SOURCES\n", 1)
    changed = changed.replace(
        "    target_include_directories(firmware.elf PRIVATE",
        "    target_compile_definitions(firmware.elf PRIVATE "
        "${BAKENN_MODEL_COMPILE_DEFINITIONS})\n    target_include_directories(firmware.elf PRIVATE "
        "${BAKENN_MODEL_INCLUDE_DIRS}",
    )
    if changed.count("BAKENN_") != 3:
        raise BuildError(f"{cmake}: this build file was not written by ticktalk, so bakenn's sources cannot be added")
    cmake.write_text(changed, encoding="utf-8")


def _kind_in(source: str) -> Callable[[str], str]:
    """Return a function that classifies a constant by its name. Biases, multipliers and shifts are 32-bit."""
    kinds = {
        name: "weights" if kind in ("int8_t", "int16_t") else "biases"
        for kind, name in re.findall(r"const (\w+) (\w+)\[", source)
    }
    return lambda constant: kinds.get(constant, "tables")
