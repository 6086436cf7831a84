"""What an operator becomes: C functions with constant shapes and the arguments of one call, or just a view."""

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
    """Argument: 16-byte aligned pointer to `Kernel.scratch` bytes that are undefined before and after."""


@dataclass(frozen=True, eq=False)
class Constant:
    """Argument: pointer to a constant array; int8, int16, int32 or int64 `values`, flattened in C order.

    `role` is a C identifier that becomes part of the array's name ("weights", "channels"); by it parameters.py tells
    what is the model's own from look-up tables."""

    role: str
    values: np.ndarray


Argument = Input | Output | Scratch | Constant | int


@dataclass(frozen=True, eq=False)
class Function:
    """A C function: `template` (file in kernels/) rendered with `context`. Layers whose text is equal share it.

    The template defines a function called `{{ name }}`, which is `hint` with the graph's name before it.
    The names of the functions before it in its Kernel are `callees`, in order.
    """

    template: str
    hint: str
    context: dict


@dataclass(frozen=True, eq=False)
class Kernel:
    """An operator as calls: `functions[-1]` is called with `arguments`; the ones before it are what that one calls.

    `formula` is the comment above the call. `in_place` lists the inputs whose bytes the first output may
    overwrite from the same address on; `scratch` is in bytes, `macs` counts multiply-accumulates of one call.
    """

    functions: tuple[Function, ...]
    arguments: tuple[Argument, ...]
    formula: str
    macs: int = 0
    scratch: int = 0
    in_place: tuple[int, ...] = field(default=())


@dataclass(frozen=True)
class View:
    """An operator that computes nothing: output i lies `offsets[i]` bytes into its input at `position`."""

    position: int
    offsets: tuple[int, ...]
