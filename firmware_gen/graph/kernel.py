"""The result of compiling an operator: C functions with constant shapes and the arguments of one call, or a view."""

from dataclasses import dataclass, field

import numpy as np

ISAS = ("portable", "dsp", "mve")


@dataclass(frozen=True)
class Input:
    """Argument: pointer to the operator's input at `position`."""

    position: int = 0


@dataclass(frozen=True)
class Output:
    """Argument: pointer to the operator's output at `position`."""

    position: int = 0


@dataclass(frozen=True)
class Scratch:
    """Argument: 16-byte aligned pointer to `Kernel.scratch` bytes, undefined before and after the call."""


@dataclass(frozen=True, eq=False)
class Constant:
    """Argument: pointer to a constant array of int8, int16, int32 or int64 `values`, flattened in C order.

    `role` is a C identifier that becomes part of the array's name ("weights", "channels"). It tells parameters.py
    whether the values are the model's own or a look-up table."""

    role: str
    values: np.ndarray


Argument = Input | Output | Scratch | Constant | int


@dataclass(frozen=True, eq=False)
class Function:
    """A C function: `template` (a file in kernels/) rendered with `context`. Layers with equal text share it.

    The template defines a function called `{{ name }}`, which is `hint` prefixed with the graph's name.
    `callees` lists the names of the preceding functions of the Kernel, in order.
    """

    template: str
    hint: str
    context: dict


@dataclass(frozen=True, eq=False)
class Kernel:
    """An operator as C: `functions[-1]` is called with `arguments`, and may call the functions before it.

    `formula` is the comment above the call. `macs` counts the multiply-accumulates of one call. `scratch` is in
    bytes. `in_place` lists the inputs that the first output may overwrite, starting at the same address.
    """

    functions: tuple[Function, ...]
    arguments: tuple[Argument, ...]
    formula: str
    macs: int = 0
    scratch: int = 0
    in_place: tuple[int, ...] = field(default=())


@dataclass(frozen=True)
class View:
    """An operator that computes nothing: output i starts `offsets[i]` bytes into the input at `position`."""

    position: int
    offsets: tuple[int, ...]
