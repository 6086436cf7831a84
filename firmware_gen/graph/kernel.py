"""Compiled operators: either C functions specialised for constant shapes, with the arguments of one call, or a view."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ticktalk.firmware_gen.graph.layout import Layout
from ticktalk.runtime_sim.graphs.graph import Graph

ISAS = ("portable", "dsp", "mve")

# The name of the operator option that asks a kernel to copy its constants to scratch and read them only once, if
# possible.
STAGED = "staged"
# The name of the operator option (axis, rows) that asks a reduction for a result from each window of `rows` rows along
# `axis`, instead of one from the whole axis (see stream.py).
WINDOW = "window"
# The name of the operator option that asks a kernel for loops that fit an instruction cache of 1 KiB.
SHORT_LOOPS = "short loops"
# The name of the operator option that replaces the number of padding rows above the input (see bands.py).
ABOVE = "rows above"
# The name of the option of a SLICE that is a view of its input from this byte on (see bands.py).
FROM = "from byte"
# The name of the option of a CONCATENATION whose inputs are written directly to its output (see bands.py).
JOINED = "joined"


@dataclass(frozen=True)
class Input:
    """Argument: a pointer to the operator's input at `position`."""

    position: int = 0


@dataclass(frozen=True)
class Output:
    """Argument: a pointer to the operator's output at `position`."""

    position: int = 0


@dataclass(frozen=True)
class Scratch:
    """Argument: a 16-byte aligned pointer to `Kernel.scratch` bytes, whose contents do not persist between calls."""


@dataclass(frozen=True, eq=False)
class Constant:
    """Argument: a pointer to a constant array of int8, int16, int32 or int64 `values`, flattened in C order.

    `role` is a C identifier that becomes part of the array's name, such as "weights" or "channels". parameters.py uses
    it to distinguish model parameters from look-up tables."""

    role: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Copy:
    """Argument: a pointer to a copy of `constant`, made before the call at the byte `offset` of the scratch."""

    constant: Constant
    offset: int


Argument = Input | Output | Scratch | Constant | Copy | int


@dataclass(frozen=True, eq=False)
class Function:
    """A C function, rendered from `template` (a file in kernels/) with `context`. Layers whose functions render to the
    same text share one function.

    The template defines a function named `{{ name }}`, which is `hint` prefixed with the graph's name. In the
    template, `callees` lists the names of the Kernel's preceding functions in order.
    """

    template: str
    hint: str
    context: dict


@dataclass(frozen=True, eq=False)
class Part:
    """A graph that an operator runs, with the kernels of its operators.

    It becomes a C function `void NAME_role(int8_t *arena)`, whose arena is laid out as in `layout`.
    """

    role: str
    graph: Graph
    kernels: tuple["Kernel | View", ...]
    layout: Layout


@dataclass(frozen=True, eq=False)
class Kernel:
    """An operator compiled to C: a call to `functions[-1]`, which may call the preceding functions.

    `arguments` are the arguments of the call, and `formula` is the comment above it. `macs` is the number of
    multiply-accumulates per call. `scratch` is in bytes. `in_place` lists the inputs that the first output may
    overwrite, starting at the same address. `reads` is the number of times that a call reads each of its constants.
    The functions of `parts` precede the others in `callees`. `faster` returns a faster kernel for the same call that
    needs at most a number of bytes of scratch, or None.
    """

    functions: tuple[Function, ...]
    arguments: tuple[Argument, ...]
    formula: str
    macs: int = 0
    scratch: int = 0
    in_place: tuple[int, ...] = field(default=())
    reads: int = 1
    parts: tuple[Part, ...] = ()
    faster: "Callable[[int], Kernel | None] | None" = None


@dataclass(frozen=True)
class View:
    """An operator without computation: output i starts `offsets[i]` bytes into the input at `position`."""

    position: int
    offsets: tuple[int, ...]
