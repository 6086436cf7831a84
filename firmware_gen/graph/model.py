"""Compile a graph to `NAME.h`, `NAME.c`, `NAME_weights.h`, `NAME_weights.c`, and headers shared by all graphs."""

from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.arrays import c_type, initialiser
from ticktalk.firmware_gen.graph.bands import smallest
from ticktalk.firmware_gen.graph.fuse import fuse, title, unstored
from ticktalk.firmware_gen.graph.kernel import (
    ISAS,
    Argument,
    Constant,
    Copy,
    Function,
    Input,
    Kernel,
    Output,
    Part,
    Scratch,
    View,
)
from ticktalk.firmware_gen.graph.layout import Layout
from ticktalk.firmware_gen.graph.parameters import model_bytes, part_of
from ticktalk.firmware_gen.graph.staging import with_more_scratch, with_short_loops
from ticktalk.firmware_gen.kernels import compile_operator
from ticktalk.firmware_gen.kernels.dense.layer import STAGE
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.simplify.simplify import simplify
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor
from ticktalk.runtime_sim.graphs.node import Node

CONSTANT_ALIGNMENT = 16  # alignment of external constants in bytes; some kernels read whole vectors

_SELF = "@name@"  # placeholder for a function's own name, used when comparing functions


@dataclass(frozen=True)
class CompiledModel:
    """A graph compiled to C code.

    `files` maps file names to text. `constants` holds the constants if they are not part of the code.

    `facts` holds plain values for report.json: arena_bytes, arena_lower_bound,
    weight_bytes, bias_bytes, table_bytes, model_bytes (see parameters.py), macs, read_bytes (of constants, by one run),
    unstored (tensors that are not in memory, because they were fused or not needed), kept_channels (channels of the
    tensors that have fewer channels than in the model), simplified (see simplify.py), scratch_bytes (the most of any
    operator), and operators. `operators` is a list of {index, name, output, shape, macs, scratch_bytes, weight_bytes,
    read_bytes, function}.
    """

    files: dict[str, str]
    facts: dict
    constants: bytes = b""


def compile_graph(
    graph: Graph,
    name: str,
    graph_id: int = 0,
    isa: str = "portable",
    own_arena: bool = True,
    slow_flash: bool = False,
    short_loops: bool = False,
    memory: int | None = None,
) -> CompiledModel:
    """Compile `graph` to C functions whose names start with `name`_.

    `graph_id` is passed to tt_trace. `isa` is "portable", "dsp" (Armv7E-M, Armv8-M with DSP) or "mve". The C code has
    no static memory. If `own_arena` is true, the caller's `struct NAME` includes the arena. Otherwise the functions
    take a pointer to an arena of at least facts["arena_bytes"] bytes, aligned to 16 bytes. Graphs that do not run at
    the same time may share an arena. If `slow_flash` is true, the arena may be larger, for copies of constants that are
    read repeatedly (see staging.py). If `short_loops` is true, loops fit a cache of 1 KiB.
    If the arena would exceed `memory` bytes, the first layers are computed in bands of rows if that helps (bands.py).

    Raises BuildError if an operator has no kernel.
    """
    check_names(name, isa)
    if graph.variables and not own_arena:
        raise BuildError(f"{graph.name}: has variables, which are not supported in a graph without its own memory")
    simplified = simplify(graph)

    def laid_out(graph: Graph) -> tuple[Graph, list[Kernel | View], Layout]:
        fused = fuse(graph, isa)
        fused = with_short_loops(fused) if short_loops else fused
        kernels = [compile_operator(Node(operator, fused), isa) for operator in fused.operators]
        return fused, *with_more_scratch(fused, kernels, slow_flash)

    fused, kernels, layout = laid_out(simplified.graph)
    bands = None
    if memory is not None and layout.plan.bytes > memory:
        for each in smallest(simplified.graph, memory):
            other = laid_out(each.graph)
            if other[2].plan.bytes <= memory:
                bands, (fused, kernels, layout) = each, other
                break
    hidden = bands.parts if bands else frozenset()
    compiled = Writer(fused, name, graph_id, isa, own_arena, kernels, layout, hidden=hidden).write()
    facts = {
        "model_bytes": model_bytes(graph),
        "bands": bands.count if bands else 0,
        "unstored": [
            *simplified.removed,
            *(bands.skipped if bands else []),
            *(index for index in compiled.facts["unstored"] if index not in hidden),
        ],
        "kept_channels": {str(index): channels.tolist() for index, channels in simplified.kept.items()},
        "simplified": simplified.facts,
    }
    return replace(compiled, facts=compiled.facts | facts)


def check_names(name: str, isa: str) -> None:
    """Raise BuildError unless `isa` is an instruction set and `name` can be part of a C identifier."""
    if isa not in ISAS:
        raise BuildError(f"unknown instruction set '{isa}'; choose one of {', '.join(ISAS)}")
    if not name.isidentifier() or not name.isascii():
        raise BuildError(f"{name!r} cannot be part of a C identifier")


class Writer:
    """Collects the functions, constants and calls of one graph, and renders the files."""

    templates = {".h": "graph/model.h.j2", ".c": "graph/model.c.j2"}

    def __init__(
        self,
        graph: Graph,
        name: str,
        graph_id: int,
        isa: str,
        own_arena: bool,
        kernels: list[Kernel | View],
        layout: Layout,
        external: bool = False,
        hidden: frozenset[int] = frozenset(),
    ):
        self.graph, self.name, self.graph_id, self.isa = graph, name, graph_id, isa
        self.own_arena, self.external = own_arena, external
        self.hidden = hidden | graph.own_states  # tensors that are not compared with those of other implementations
        self.kernels, self.layout = kernels, layout
        self.functions: dict[str, str] = {}  # text with _SELF -> C name
        self.constants: dict[tuple, str] = {}  # (C type, bytes) -> C name
        self.arrays: list[tuple[str, np.ndarray]] = []
        self.blob = b""  # the constants, if they are external

    def write(self) -> CompiledModel:
        """Return the rendered files and their facts."""
        steps = [self._step(operator, kernel) for operator, kernel in zip(self.graph.operators, self.kernels)]
        context = self._context(steps)
        files = {
            **{f"{self.name}{suffix}": template for suffix, template in self.templates.items()},
            **({} if self.external else {f"{self.name}_weights.{end}": f"graph/weights.{end}.j2" for end in "hc"}),
            "ticktalk.h": "ticktalk.h",
            "tt_build.h": "graph/tt_build.h",
            "tt_int8.h": "graph/tt_int8.h.j2",
            **({} if self.isa == "portable" else {"tt_dsp.h": "graph/tt_dsp.h.j2"}),
            **({"tt_mve.h": "graph/tt_mve.h.j2"} if self.isa == "mve" else {}),
        }
        return CompiledModel(
            {file: render(template, **context) for file, template in files.items()}, self._facts(steps), self.blob
        )

    def _context(self, steps: list[dict]) -> dict:
        """Return the context for the templates."""
        return {
            "name": self.name, "graph_id": self.graph_id, "isa": self.isa,
            "own_arena": self.own_arena, "external": self.external, "arena_bytes": self.layout.plan.bytes,
            "state_bytes": self.layout.state_bytes, "variables": self._variables(),
            "inputs": [self._port(index) for index in self.graph.inputs],
            "outputs": [self._port(index) for index in self.graph.outputs],
            "functions": [Code(text.replace(_SELF, function)) for text, function in self.functions.items()],
            "steps": steps,
            "constants": [
                {"name": array, "type": c_type(values), "size": values.size, "text": initialiser(values)}
                for array, values in self.arrays
            ],
        }  # fmt: skip

    def _facts(self, steps: list[dict]) -> dict:
        parts = dict.fromkeys(("weights", "biases", "tables"), 0)
        for name, values in self.arrays:
            parts[part_of(name)] += values.nbytes
        return {
            "arena_bytes": self.layout.plan.bytes,
            "arena_lower_bound": self.layout.plan.lower_bound,
            **({"state_bytes": self.layout.state_bytes} if self.graph.variables else {}),
            "weight_bytes": parts["weights"],
            "bias_bytes": parts["biases"],
            "table_bytes": parts["tables"],
            "model_bytes": model_bytes(self.graph),
            "macs": sum(step["facts"]["macs"] for step in steps),
            "read_bytes": sum(step["facts"]["read_bytes"] for step in steps),
            "unstored": unstored(self.graph),
            "scratch_bytes": max((step["facts"]["scratch_bytes"] for step in steps), default=0),
            "operators": [step["facts"] for step in steps],
        }

    def _variables(self) -> list[dict]:
        """Return the context for setting each variable to its initial value: a byte that fills it, or a constant."""
        found = []
        for index, values in self.graph.variables.items():
            each = np.unique(values.reshape(-1).view(np.int8))
            fill = int(each[0]) if each.size == 1 else None
            source = None
            if fill is None:
                source = f"{self.name}_{index}_initial"
                self.arrays.append((source, values))
            found.append({"address": self._address(index), "bytes": values.nbytes, "fill": fill, "source": source})
        return found

    def _port(self, index: int) -> dict:
        tensor = self.graph.tensors[index]
        kept = index in self.layout.state
        place = (self.layout.state if kept else self.layout.offsets).get(index)
        if place is None:
            raise BuildError(f"{self.graph.name}: output {tensor.label} is a constant, which is not supported")
        return {
            "shape": list(tensor.shape), "bytes": tensor.nbytes, "label": tensor.label,
            "type": c_type(np.empty(0, tensor.dtype)), "offset": place,
            "memory": "state" if kept else "arena",
            "scale": float(tensor.scale) if tensor.scales.size else None,
            "zero_point": tensor.zero_point if tensor.scales.size else None,
        }  # fmt: skip

    def _step(self, operator: Operator, kernel: Kernel | View) -> dict:
        """Return an operator's comment, its call (None for a view), its output traces and its facts."""
        outputs = [self.graph.tensors[index] for index in operator.outputs]
        before = len(self.arrays)
        facts = {
            "index": operator.index, "name": title(operator), "output": operator.outputs[0],
            "shape": list(outputs[0].shape), "macs": 0, "scratch_bytes": 0, "weight_bytes": 0,
            "read_bytes": 0, "function": None,
        }  # fmt: skip
        call = None
        formula = "a view: the same bytes with a different shape or start address"
        if isinstance(kernel, Kernel):
            function = self._function(kernel)
            call = f"{function}({', '.join(self._argument(operator, each) for each in kernel.arguments)});"
            copies = [self._copy(operator, each) for each in kernel.arguments if isinstance(each, Copy)]
            call = "\n    ".join([*copies, call])
            formula = kernel.formula
            added = sum(values.nbytes for _, values in self.arrays[before:])
            read = kernel.reads * sum(each.values.nbytes for each in kernel.arguments if isinstance(each, Constant))
            read += sum(each.constant.values.nbytes for each in kernel.arguments if isinstance(each, Copy))
            facts |= {
                "macs": kernel.macs,
                "scratch_bytes": kernel.scratch,
                "weight_bytes": added,
                "read_bytes": read,
                "function": function,
            }
        shown = [tensor for tensor in outputs if tensor.index not in self.hidden]
        traces = [(tensor.index, self._address(tensor.index), tensor.nbytes) for tensor in shown]
        shapes = ", ".join(f"{tensor.label} {list(tensor.shape)}" for tensor in shown)
        comment = f"{operator.index} {title(operator)} -> {shapes}"
        return {"comment": comment, "formula": formula, "call": call and Code(call), "traces": traces, "facts": facts}

    def _function(self, kernel: Kernel) -> str:
        """Define the kernel's functions if they do not exist yet, and return the name of the one to call."""
        callees = [self._part(part) for part in kernel.parts]
        for function in kernel.functions:
            callees.append(self._define(function, callees))
        return callees[-1]

    def _part(self, part: Part) -> str:
        """Define a function that runs another graph in an arena of its own, and return its name."""
        inner = copy(self)  # shares the functions and constants
        inner.graph, inner.kernels, inner.layout = part.graph, list(part.kernels), part.layout
        inner.name = f"{self.name}_{part.role}"
        steps = [inner._step(operator, kernel) for operator, kernel in zip(part.graph.operators, part.kernels)]
        return self._define(Function("shared/graph.c.j2", part.role, {"steps": steps}), [])

    def _define(self, function: Function, callees: list[str]) -> str:
        text = render(function.template, name=_SELF, callees=list(callees), isa=self.isa, **function.context)
        if text not in self.functions:
            hint = name = f"{self.name}_{function.hint}"
            number = 2
            while name in self.functions.values():
                name, number = f"{hint}_v{number}", number + 1
            self.functions[text] = name
        return self.functions[text]

    def _argument(self, operator: Operator, argument: Argument) -> str:
        match argument:
            case Input(position):
                tensor = self.graph.tensors[operator.inputs[position]]
                if tensor.data is not None:
                    return self._array(operator, f"{position}_operand", tensor.data)
                return self._pointer(tensor)
            case Output(position):
                return self._pointer(self.graph.tensors[operator.outputs[position]])
            case Scratch():
                return self._scratch(operator)
            case Constant(role, values):
                return self._array(operator, role, values)
            case Copy(constant, offset):
                address, kind = self._scratch(operator, offset), c_type(constant.values)
                return address if kind == "int8_t" else f"(const {kind} *)(const void *){address}"
            case int():
                return str(argument)
        raise TypeError(argument)

    def _scratch(self, operator: Operator, offset: int = 0) -> str:
        return f"&arena[{self.layout.scratch[operator.index] + offset}]"

    def _copy(self, operator: Operator, copy: Copy) -> str:
        """Return the call that copies a constant."""
        constant = copy.constant
        source = self._array(operator, constant.role, constant.values)
        target = self._scratch(operator, copy.offset)
        return f"{self._define(STAGE, [])}({target}, {source}, {constant.values.nbytes});"

    def _pointer(self, tensor: Tensor) -> str:
        address = self._address(tensor.index)
        return address if tensor.dtype == np.int8 else f"({c_type(np.empty(0, tensor.dtype))} *)(void *){address}"

    def _address(self, index: int) -> str:
        if index in self.layout.state:
            return f"&state[{self.layout.state[index]}]"
        return f"&arena[{self.layout.offsets[index]}]"

    def _array(self, operator: Operator, role: str, values: np.ndarray) -> str:
        """Return the name or address of a constant array. Equal values are stored once."""
        kind, data = key = (c_type(values), values.tobytes())
        if key not in self.constants:
            name = f"{self.name}_{operator.index}_{role}"
            self.arrays.append((name, values))
            if self.external:
                name = f"&constants[{len(self.blob)}]"
                name = name if kind == "int8_t" else f"(const {kind} *)(const void *){name}"
                self.blob += data + bytes(-len(data) % CONSTANT_ALIGNMENT)
            self.constants[key] = name
        return self.constants[key]
