"""Write a model as C that calls CMSIS-NN once per operator, without an interpreter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import floor, prod

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.arrays import c_type, initialiser
from ticktalk.firmware_gen.graph.memory_plan import Buffer, plan
from ticktalk.firmware_gen.graph.requantise import bias, channel_factors
from ticktalk.firmware_gen.graph.window import Window, window
from ticktalk.firmware_gen.tflm_layout import scratch_bytes
from ticktalk.runtime_sim.arithmetic.fixed_point import activation_range, quantize_multiplier, quantize_multipliers
from ticktalk.runtime_sim.graphs.graph import Graph, Tensor
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.fully_connected import factors_of

_HEADER = """#ifndef MODEL_H
#define MODEL_H

#include <arm_nnfunctions.h>

#define MODEL_INPUTS 1
#define MODEL_OUTPUTS 1

struct model {{
    _Alignas(16) int8_t input[{inputs}];
    _Alignas(16) int8_t output[{outputs}];
}};

static inline int8_t *model_input_0(struct model *graph)
{{
    return graph->input;
}}

static inline int8_t *model_output_0(struct model *graph)
{{
    return graph->output;
}}

void model_invoke(struct model *graph);

#endif
"""
_ALIASES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")  # these need no code, because their output is their input


@dataclass
class _Call:
    """The C code of one operator: its constants by name, the local structs and the statement."""

    constants: dict[str, np.ndarray] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def struct(self, kind: str, name: str, *values: object) -> None:
        """Declare a constant struct."""
        self.lines.append(f"static const cmsis_nn_{kind} {name} = {{{', '.join(map(str, values))}}};")


def source_of(graph: Graph, isa: str) -> str:
    """Return model.c for `graph`. Its header is `header_of(graph)`.

    Raises BuildError if CMSIS-NN has no function for an operator, or if the graph has several inputs or outputs.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise BuildError("calls to CMSIS-NN are written only for models with one input and one output")
    if any(graph.tensors[index].dtype != np.int8 for index in (*graph.inputs, *graph.outputs)):
        raise BuildError("calls to CMSIS-NN are written only for models whose input and output are int8")
    calls = [each for each in graph.operators if each.name not in _ALIASES]
    missing = sorted({each.name for each in calls} - _WRITERS.keys())
    if missing:
        raise BuildError(f"calls to CMSIS-NN are not written for {', '.join(missing)}")
    places, arena_bytes = _places(graph)
    buffers = {"model_arena": arena_bytes, "scratch_arena": scratch_bytes(graph, isa)}
    parts = [
        '#include "model.h"\n',
        *(f"static _Alignas(16) uint8_t {name}[{size}];" for name, size in buffers.items()),
    ]
    body = []
    for operator in calls:
        call, number = _Call(), operator.index
        _WRITERS[operator.name](call, Node(operator, graph), lambda index: places[index], isa)
        for name, values in call.constants.items():
            parts.append(
                f"static const {c_type(values)} {name}_{number}[{values.size}] = {{\n{initialiser(values)}}};\n"
            )
            call.lines = [line.replace(f"@{name}@", f"{name}_{number}") for line in call.lines]
        lines = "\n".join(f"        {line}" for line in call.lines)
        body.append(f"    {{ /* {number}: {operator.name} */\n{lines}\n    }}\n")
    context = (
        "    static const cmsis_nn_context context = {scratch_arena, sizeof scratch_arena};\n\n    (void)context;\n"
    )
    return "\n".join(parts) + "\nvoid model_invoke(struct model *graph)\n{\n" + context + "".join(body) + "}\n"


def header_of(graph: Graph) -> str:
    """Return model.h, which has the interface of a ticktalk graph."""
    return _HEADER.format(inputs=graph.tensors[graph.inputs[0]].size, outputs=graph.tensors[graph.outputs[0]].size)


def macs_of(graph: Graph) -> int:
    """Return the multiply-adds of one run."""
    total = 0
    for operator in graph.operators:
        if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            shape = graph.tensors[operator.inputs[1]].shape
            per_output = prod(shape[1:3] if operator.name == "DEPTHWISE_CONV_2D" else shape[1:])
            total += graph.tensors[operator.outputs[0]].size * per_output
    return total


def _places(graph: Graph) -> tuple[dict[int, str], int]:
    """Return a C expression for the place of each tensor, and the size of the arena."""
    origin = {index: index for index in graph.inputs}
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for step, operator in enumerate(graph.operators):
        (output,) = operator.outputs
        origin[output] = origin[operator.inputs[0]] if operator.name in _ALIASES else output
        first.setdefault(origin[output], step)
        for index in (*operator.inputs, output):
            if index in origin:
                last[origin[index]] = step
    fixed = {origin[graph.inputs[0]]: "graph->input", origin[graph.outputs[0]]: "graph->output"}
    inner = [index for index in first if index not in fixed]
    arena = plan([Buffer(graph.tensors[index].nbytes, first[index], last[index]) for index in inner])
    fixed |= {index: f"(int8_t *)model_arena + {offset}" for index, offset in zip(inner, arena.offsets, strict=True)}
    return {index: fixed[kept] for index, kept in origin.items()}, max(arena.bytes, 1)


_Place = Callable[[int], str]


def _convolution(call: _Call, node: Node, place: _Place, isa: str) -> None:
    weights, target = node.input(1), node.output()
    outputs, height, width, depth = weights.shape
    area = window(node, node.input(0), target, height, width)
    call.struct("conv_params", "params", *_offsets(node), *_area(area), _range(node))
    dims = {"filter": (outputs, height, width, depth)}
    _layer(call, node, place, "arm_convolve_wrapper_s8", outputs, dims)


def _depthwise(call: _Call, node: Node, place: _Place, isa: str) -> None:
    source, weights = node.input(0), node.input(1)
    _, height, width, outputs = weights.shape
    area = window(node, source, node.output(), height, width)
    multiplier = outputs // source.shape[3]
    call.struct("dw_conv_params", "params", *_offsets(node), multiplier, *_area(area), _range(node))
    dims = {"filter": (1, height, width, outputs)}
    _layer(call, node, place, "arm_depthwise_conv_wrapper_s8", outputs, dims)


def _dense(call: _Call, node: Node, place: _Place, isa: str) -> None:
    source, weights = node.input(0), node.input(1)
    outputs, depth = weights.shape
    rows = source.size // depth
    before, after = _offsets(node)
    call.struct("fc_params", "params", before, 0, after, _range(node))
    dims = {"input": (rows, 1, 1, depth), "filter": (depth, 1, 1, outputs), "output": (rows, 1, 1, outputs)}
    per_channel = weights.scales.size > 1
    function = "arm_fully_connected_per_channel_s8" if per_channel else "arm_fully_connected_s8"
    context = "&context"
    if isa == "mve":  # its kernels add precomputed sums, and TFLM passes them in the same way
        sums = bias(node, outputs) + before * weights.constant.astype(np.int64).sum(1)
        call.constants["sums"] = sums.astype(np.int32)
        call.struct("context", "sums", "(void *)@sums@", "sizeof @sums@")
        context = "&sums"
    _layer(call, node, place, function, outputs, dims, per_channel, context)


def _layer(
    call: _Call,
    node: Node,
    place: _Place,
    function: str,
    outputs: int,
    dims: Mapping[str, tuple[int, ...]],
    per_channel: bool = True,
    context: str = "&context",
) -> None:
    """Add the dimensions, scales, weights and call of a layer. `dims` are those that are not a tensor's shape."""
    source, weights, target = node.input(0), node.input(1), node.output()
    dense = node.operator.name == "FULLY_CONNECTED"
    factors = (
        factors_of(node, source, weights, target, outputs)
        if dense
        else channel_factors(source, weights, target, outputs)
    )
    multipliers, shifts = (values.astype(np.int32) for values in quantize_multipliers(factors))
    if per_channel:
        call.constants |= {"multipliers": multipliers, "shifts": shifts}
        call.struct("per_channel_quant_params", "scales", "(int32_t *)@multipliers@", "(int32_t *)@shifts@")
    else:
        call.struct("per_tensor_quant_params", "scales", multipliers[0], shifts[0])
    call.constants |= {"weights": weights.constant, "bias": bias(node, outputs).astype(np.int32)}
    sides: dict[str, tuple[int, ...]] = {
        "input": source.shape,
        "bias": (1, 1, 1, outputs),
        "output": target.shape,
        **dims,
    }
    for name, shape in sides.items():
        call.struct("dims", name, *shape)
    data = {"input": place(source.index), "filter": "@weights@", "bias": "@bias@", "output": place(target.index)}
    operands = ", ".join(f"&{name}, {value}" for name, value in data.items())
    call.lines.append(f"(void){function}({context}, &params, &scales, {operands});")


def _pool(function: str) -> Callable[[_Call, Node, _Place, str], None]:
    def write(call: _Call, node: Node, place: _Place, isa: str) -> None:
        source, target = node.input(0), node.output()
        height, width = node.option("filter_h"), node.option("filter_w")
        stride, padding, _ = _area(window(node, source, target, height, width))
        call.struct("pool_params", "params", stride, padding, _range(node))
        for name, shape in (("input", source.shape), ("filter", (1, height, width, 1)), ("output", target.shape)):
            call.struct("dims", name, *shape)
        operands = f"&input, {place(source.index)}, &filter, &output, {place(target.index)}"
        call.lines.append(f"(void){function}(&context, &params, {operands});")

    return write


def _add(call: _Call, node: Node, place: _Place, isa: str) -> None:
    first, second, target = node.input(0), node.input(1), node.output()
    if first.shape != second.shape or first.data is not None or second.data is not None:
        raise BuildError("calls to CMSIS-NN are written only for an ADD of two tensors of the same shape")
    top = 2 * max(np.float64(first.scale), np.float64(second.scale))
    sides = [
        f"{-each.zero_point}, {', '.join(map(str, node.multiplier(np.float64(each.scale) / top)))}"
        for each in (first, second)
    ]
    multiplier, shift = node.multiplier(top / ((1 << 20) * np.float64(target.scale)), 0)
    low, high = _limits(node, target)
    call.lines.append(
        f"(void)arm_elementwise_add_s8({place(first.index)}, {place(second.index)}, {', '.join(sides)}, 20, "
        f"{place(target.index)}, {target.zero_point}, {multiplier}, {shift}, {low}, {high}, {target.size});"
    )


def _softmax(call: _Call, node: Node, place: _Place, isa: str) -> None:
    source, target = node.input(0), node.output()
    multiplier, shift = quantize_multiplier(min(float(source.scale) * node.option("beta") * 2**26, 2.0**31 - 1))
    least = -floor(31 * 2**26 / 2**shift)
    width = source.shape[-1]
    call.lines.append(
        f"arm_softmax_s8({place(source.index)}, {prod(source.shape[:-1])}, {width}, {multiplier}, {shift}, {least}, "
        f"{place(target.index)});"
    )


def _offsets(node: Node) -> tuple[int, int]:
    return -node.input(0).zero_point, node.output().zero_point


def _area(area: Window) -> tuple[str, str, str]:
    """Return stride, padding and dilation as initialisers of cmsis_nn_tile, which starts with the width."""
    return (
        f"{{{area.stride_w}, {area.stride_h}}}",
        f"{{{area.left}, {area.top}}}",
        f"{{{area.dilation_w}, {area.dilation_h}}}",
    )


def _limits(node: Node, target: Tensor) -> tuple[int, int]:
    return activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype)


def _range(node: Node) -> str:
    low, high = _limits(node, node.output())
    return f"{{{low}, {high}}}"


_WRITERS: dict[str, Callable[[_Call, Node, _Place, str], None]] = {
    "ADD": _add,
    "AVERAGE_POOL_2D": _pool("arm_avgpool_s8"),
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "MAX_POOL_2D": _pool("arm_max_pool_s8"),
    "SOFTMAX": _softmax,
}
