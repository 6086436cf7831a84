"""The classic TensorFlow Lite Micro layout: the flatbuffer in an array, a resolver with the needed operators, a
measured arena.

The generated graph has the interface of our own C (NAME_input_0, NAME_invoke, NAME_output_0), so that everything around
it is the same."""

import os
import re
import tempfile
from contextlib import contextmanager

import numpy as np

from ticktalk.firmware_gen.errors import MissingToolError
from ticktalk.firmware_gen.graph.arrays import c_type, initialiser
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.graph import Graph

# TFLM's name of a core, and the calling convention its makefile gives it.
TARGETS = {
    "cortex-m3": ("cortex-m3", "soft"),
    "cortex-m4": ("cortex-m4", "soft"),
    "cortex-m7": ("cortex-m7", "soft"),
    "cortex-m33": ("cortex-m33", "hard"),
    "cortex-m55": ("cortex-m55", "hard"),
}

_ROOMY = 1 << 26  # bytes in which every model fits that is meant for a watch


def graph_files(graph: Graph, data: bytes, name: str) -> tuple[dict[str, str], int]:
    """(NAME.h, NAME.cc, NAME_model_data.h, NAME_model_data.cc; bytes of the arena)."""
    arena = measure_arena(data, graph.name)
    ports = {
        side: [
            {"type": c_type(np.empty(0, graph.tensors[i].dtype)), "shape": list(graph.tensors[i].shape)}
            for i in indices
        ]
        for side, indices in (("inputs", graph.inputs), ("outputs", graph.outputs))
    }
    text = initialiser(np.frombuffer(data, np.uint8))
    return {
        f"{name}.h": render("tflm/graph.h.j2", name=name, **ports),
        f"{name}.cc": render("tflm/graph.cc.j2", name=name, operators=operator_names(graph), arena_bytes=arena),
        f"{name}_model_data.h": render("tflm/model_data.h.j2", name=name, bytes=len(data)),
        f"{name}_model_data.cc": render("tflm/model_data.cc.j2", name=name, bytes=len(data), text=text),
    }, arena


def operator_names(graph: Graph) -> list[str]:
    """The operators as MicroMutableOpResolver's methods call them (Conv2D), each once, in the order of first use."""
    words = (operator.name.split("_") for operator in graph.operators)
    return list(dict.fromkeys("".join(word if word == "2D" else word.capitalize() for word in name) for name in words))


def measure_arena(data: bytes, name: str) -> int:
    """The fewest bytes, a multiple of 16, in which TFLM allocates the model's tensors; on this (64-bit) machine.

    MissingToolError without the tflite-micro package, ModelError if TFLM refuses the model.
    """
    try:
        from tflite_micro import runtime
    except ImportError:
        from ticktalk.runtime_sim.oracles import TFLM_PACKAGE

        raise MissingToolError(
            f"TFLite Micro is missing, the arena cannot be measured: pip install {TFLM_PACKAGE}"
        ) from None

    def fits(size: int) -> bool:
        with _captured_stderr():
            try:
                runtime.Interpreter.from_bytes(data, arena_size=size)
            except RuntimeError:
                return False
            return True

    roomy = _ROOMY
    with _captured_stderr() as report:
        try:
            runtime.Interpreter.from_bytes(data, arena_size=roomy).print_allocations()
        except RuntimeError:
            raise ModelError(f"{name}: TFLite Micro cannot allocate its tensors in {roomy} bytes") from None
    # What it keeps is a lower bound (far below it, TFLM crashes); preparing the operators takes some more for a moment.
    low = int(re.search(rb"Arena allocation total (\d+) bytes", report[0])[1]) // 16 - 1
    step = 1
    while not fits(16 * (low + step)):
        low, step = low + step, 2 * step
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(16 * middle) else (middle, high)
    return 16 * high


@contextmanager
def _captured_stderr():
    """A list that gets, at the end, what was written to file descriptor 2: TFLM's C++ reports there."""
    captured = []
    saved = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield captured
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            captured.append(file.read())
