"""An immutable, typed and fully checked graph, read from a .tflite file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

# A watch has a few hundred KiB of memory. These limits keep a hostile file from exhausting the host's memory.
MAX_TENSOR_ELEMENTS = 1 << 24
MAX_COMPUTED_ELEMENTS = 1 << 21  # per non-constant tensor
MAX_ELEMENTS = 1 << 25
MAX_RANK = 8
MAX_PARTS = 1 << 15  # operators, tensors, inputs or outputs of a graph
MAX_CALLS = 32  # graphs that operators run


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor of the graph.

    `scales` (float32) and `zero_points` (int32) are empty if the tensor is not quantised. Otherwise both have either
    one element or shape[quantised_dimension] elements. `data` is a read-only constant of this shape and dtype, or None
    if the tensor is computed at run time.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    scales: np.ndarray
    zero_points: np.ndarray
    quantised_dimension: int
    data: np.ndarray | None

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Number of bytes."""
        return self.size * self.dtype.itemsize

    @property
    def scale(self) -> np.float32:
        """The scale of a tensor with per-tensor quantisation."""
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a tensor with per-tensor quantisation."""
        return int(self.zero_points[0])

    @property
    def constant(self) -> np.ndarray:
        """The data of a constant tensor. Raises `TypeError` if the tensor is computed at run time."""
        if self.data is None:
            raise TypeError(f"{self.label} is computed at run time")
        return self.data

    @property
    def label(self) -> str:
        """The name to use in messages, on one line and in ASCII."""
        return f"tensor {self.index} {self.name[:60]!a}"


@dataclass(frozen=True, eq=False)
class Operator:
    """An operator of the graph. `inputs` and `outputs` are tensor indices; -1 is an absent optional input.

    The options of IF and WHILE include graphs (`graphs`).
    """

    index: int
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name for messages."""
        return f"operator {self.index} ({self.name})"

    @property
    def graphs(self) -> list["Graph"]:
        """The graphs that the operator runs."""
        return [value for value in self.options.values() if isinstance(value, Graph)]


@dataclass(frozen=True, eq=False)
class Graph:
    """A model whose operators are ordered so that each tensor is written before it is read.

    `variables` maps the tensors that keep their value until the next run to their initial values. `removed` holds the
    names of the file's operators that are not in `operators`, because their results are known (constants.py) or
    because they only manage variables (variables.py). `own_states` holds the variables that are not tensors of the
    file, and therefore not compared with other implementations. An `unchecked` graph may have operators and
    tensors that are not supported, so it can only be passed on.
    """

    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    variables: dict[int, np.ndarray] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    own_states: frozenset[int] = frozenset()
    unchecked: bool = False

    def every_operator(self) -> Iterator[Operator]:
        """Yield the operators, including those of the graphs that IF and WHILE run."""
        for operator in self.operators:
            yield operator
            for graph in operator.graphs:
                yield from graph.every_operator()

    @cached_property
    def producers(self) -> dict[int, Operator]:
        """The operator that writes each tensor, by tensor index."""
        return {index: operator for operator in self.operators for index in operator.outputs}

    @cached_property
    def consumers(self) -> dict[int, tuple[Operator, ...]]:
        """The operators that read each tensor, by tensor index and in execution order."""
        readers: dict[int, list[Operator]] = {}
        for operator in self.operators:
            for index in dict.fromkeys(operator.inputs):
                readers.setdefault(index, []).append(operator)
        return {index: tuple(operators) for index, operators in readers.items()}
