"""Generate the usual TensorFlow Lite Micro layout: the flatbuffer in an array, an operator resolver, and an arena.

The generated graph has the same interface as the C code for runtime "ticktalk" (NAME_input_0, NAME_invoke,
NAME_output_0), so the same code can use the graph with either runtime."""

import math
from itertools import accumulate, pairwise

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.arrays import c_type, initialiser
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.errors import MissingToolError, ModelError, OracleError
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph, read_unchecked
from ticktalk.runtime_sim.graphs.variables import HANDLE, count_variables
from ticktalk.runtime_sim.oracles import ROOMY, arena_bytes

COMMIT = "90b983c2b3f1480642e040bbd2ddb37b998f3424"  # commit of tflite-micro used to test the projects

# exceptions from _in_capitals
_NAMES = {
    "BATCH_MATMUL": "BatchMatMul",
    "CUMSUM": "CumSum",
    "CUSTOM 'TFLM_DECODE'": "Decode",
    "PADV2": "PadV2",
    "SIGNAL_PCAN": "PCAN",
}
_HELIUM_CHANNELS = 124  # CMSIS-NN's CH_IN_BLOCK_MVE

# TFLM's name for each core, and the float ABI that its makefile uses.
TARGETS = {
    "cortex-m3": ("cortex-m3", "soft"),
    "cortex-m4": ("cortex-m4", "soft"),
    "cortex-m7": ("cortex-m7", "soft"),
    "cortex-m33": ("cortex-m33", "hard"),
    "cortex-m55": ("cortex-m55", "hard"),
}


def target_of(core: str) -> tuple[str, str]:
    """Return TFLM's name for `core` and its float ABI. Raises BuildError if TFLM's makefile has no such target."""
    if core not in TARGETS:
        raise BuildError(f"runtime 'tflm' does not support core {core}; it supports {', '.join(TARGETS)}")
    return TARGETS[core]


def any_graph(data: bytes, name: str) -> Graph:
    """Return the graph of a model, unchecked if ticktalk does not support it, because TFLite Micro runs it anyway."""
    try:
        return load_graph(data, name)
    except ModelError:
        return read_unchecked(data, name)


def facts_of(graph: Graph, isa: str) -> dict:
    """Return the facts of compile_graph, or no operators if it does not support the graph."""
    if graph.unchecked:
        return {"operators": []}
    try:
        return compile_graph(graph, "model", isa=isa).facts
    except BuildError:
        return {"operators": []}


def graph_files(graph: Graph, data: bytes, name: str, isa: str) -> tuple[dict[str, str], int]:
    """Return the graph's source files by name, and the size in bytes of the arena and of the copies of the inputs that
    the reset of a graph with state needs. `isa` is one of compile_graph's instruction sets.

    The files are NAME.h, NAME.cc, NAME_model_data.h and NAME_model_data.cc.
    """
    arena = measure_arena(data, graph.name) + scratch_bytes(graph, isa)
    ports = {
        side: [
            {"type": c_type(np.empty(0, graph.tensors[i].dtype)), "shape": list(graph.tensors[i].shape)}
            for i in indices
        ]
        for side, indices in (("inputs", graph.inputs), ("outputs", graph.outputs))
    }
    state = keeps_state(graph)
    starts = [0, *accumulate(graph.tensors[index].nbytes for index in graph.inputs)] if state else [0]
    inputs = [{"start": start, "bytes": end - start} for start, end in pairwise(starts)]
    source = render(
        "tflm/graph.cc.j2",
        name=name,
        operators=operator_names(graph),
        arena_bytes=arena,
        state=state,
        variables=count_variables(data),
        inputs=inputs,
        input_bytes=starts[-1],
    )
    text = initialiser(np.frombuffer(data, np.uint8))
    return {
        f"{name}.h": render("tflm/graph.h.j2", name=name, state=state, **ports),
        f"{name}.cc": source,
        f"{name}_model_data.h": render("tflm/model_data.h.j2", name=name, bytes=len(data)),
        f"{name}_model_data.cc": render("tflm/model_data.cc.j2", name=name, bytes=len(data), text=text),
    }, arena + starts[-1]


def keeps_state(graph: Graph) -> bool:
    """Return whether the graph has variables, or operators that keep state from one run to the next."""
    return bool(graph.variables) or any(
        name == HANDLE or hasattr(ops.find(name), "state") for name in _operator_names(graph)
    )


def scratch_bytes(graph: Graph, isa: str) -> int:
    """Return the maximum number of bytes of the arena that CMSIS-NN's kernels use as scratch memory.

    The arena is measured with TFLite Micro's reference kernels, which use no scratch memory. The sizes are those of
    CMSIS-NN's arm_*_get_buffer_size for int8. TFLite Micro reuses the memory for each operator.
    """
    if isa == "portable":
        return 0
    helium, most = isa == "mve", 0
    for operator in graph.operators:
        if operator.name == "AVERAGE_POOL_2D":
            most = max(most, 4 * graph.tensors[operator.inputs[0]].shape[-1])
        elif operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            outputs, *window = graph.tensors[operator.inputs[1]].shape
            unit = 16 if helium else 4  # columns are padded to whole vectors
            columns = 4 * unit * -(-math.prod(window) // unit)
            if operator.name == "CONV_2D":
                most = max(most, columns if window[:2] != [1, 1] else 0)
            elif operator.name == "FULLY_CONNECTED":
                most = max(most, 4 * outputs if helium else 0)
            elif helium:
                most = max(most, 4 * _HELIUM_CHANNELS * math.prod(window[:2]), columns + math.prod(window))
            else:
                most = max(most, 2 * math.prod(window))
    return -(-most // 16) * 16 + 16  # aligned


def operator_names(graph: Graph) -> list[str]:
    """Return the distinct operators in order of first use, named as in MicroMutableOpResolver (such as Conv2D)."""
    return list(dict.fromkeys(_NAMES.get(name) or _in_capitals(name) for name in _operator_names(graph)))


def _operator_names(graph: Graph) -> list[str]:
    return [*(operator.name for operator in graph.every_operator()), *graph.removed]


def _in_capitals(name: str) -> str:
    return "".join(word if word == "2D" else word.capitalize() for word in name.removeprefix("SIGNAL_").split("_"))


def measure_arena(data: bytes, name: str, most: int = ROOMY) -> int:
    """Return the arena size of a model (oracles.arena_bytes). Error messages start with `name`."""
    try:
        return arena_bytes(data, most)
    except MissingToolError as error:
        raise MissingToolError(f"cannot measure the arena: {error}") from None
    except OracleError as error:
        raise ModelError(f"{name}: {str(error).removeprefix('model: ')}") from None
