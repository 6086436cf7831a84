"""An operator of a graph, with checked access to its operands. The argument of the operators' `prepare` functions."""

from typing import Any, NoReturn

import numpy as np

from ticktalk.runtime_sim.arithmetic.fixed_point import Real, quantize_multipliers
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.graph import Graph, Operator, Tensor

Dtypes = tuple[type[np.generic], ...]  # permitted dtypes of a tensor
INT8: Dtypes = (np.int8,)
ACTIVATIONS: Dtypes = (np.int8, np.int16)
# dtypes that operators move without changing values
MOVED: Dtypes = (np.int8, np.int16, np.int32)
QUANTISED: Dtypes = (np.int8, np.uint8, np.int16)  # dtypes that represent real numbers and therefore need a scale


class Node:
    """`operator` in `graph`. A failed check raises a `ModelError` that names the file, the operator and the tensor."""

    def __init__(self, operator: Operator, graph: Graph):
        self.operator = operator
        self.graph = graph

    def fail(self, problem: str) -> NoReturn:
        """Refuse the model because of this operator."""
        raise ModelError(f"{self.graph.name}: {self.operator.label}: {problem}")

    def option(self, name: str) -> Any:
        """Return the value of an option. `OPTIONS` in the operator's file specifies its type."""
        return self.operator.options[name]

    def count(self, least: int, most: int | None = None, outputs: int = 1) -> None:
        """Require `least` to `most` inputs (exactly `least` if `most` is None) and `outputs` outputs."""
        inputs = len(self.operator.inputs)
        if not least <= inputs <= (least if most is None else most) or len(self.operator.outputs) != outputs:
            self.fail(f"has {inputs} inputs and {len(self.operator.outputs)} outputs")

    def has(self, position: int) -> bool:
        """Return whether the optional operand at `position` is present."""
        return position < len(self.operator.inputs) and self.operator.inputs[position] >= 0

    def input(self, position: int, dtypes: Dtypes = INT8, rank: int | None = None, plain: bool = False) -> Tensor:
        """Return the operand at `position` after checking its dtype, its rank (if given) and its quantisation.

        If `plain` is set, the tensor may hold unquantised integers.
        """
        if not self.has(position):
            self.fail(f"input {position} is missing")
        return self._checked(self.graph.tensors[self.operator.inputs[position]], dtypes, rank, plain)

    def output(
        self, position: int = 0, dtypes: Dtypes = INT8, shape: tuple[int, ...] | None = None, plain: bool = False
    ) -> Tensor:
        """Return the result at `position` after checking it like an operand and comparing it with `shape`."""
        tensor = self._checked(self.graph.tensors[self.operator.outputs[position]], dtypes, None, plain)
        if shape is not None and tensor.shape != tuple(shape):
            self.fail(f"{tensor.label} has shape {list(tensor.shape)}, but the result has shape {list(shape)}")
        return tensor

    def constant(self, position: int, dtypes: Dtypes, plain: bool = False) -> np.ndarray:
        """Return the values of an operand that must be a constant."""
        tensor = self.input(position, dtypes, plain=plain)
        if tensor.data is None:
            self.fail(f"{tensor.label} must be a constant")
        return tensor.data

    def integers(self, position: int) -> list[int]:
        """Return the values of a constant int32 or int64 operand, flattened."""
        return [int(value) for value in self.constant(position, (np.int32, np.int64)).reshape(-1)]

    def axis(self, value: int, rank: int) -> int:
        """Return `value` as an axis of a tensor of this rank. Negative values count from the end."""
        if not -rank <= value < rank:
            self.fail(f"axis {value} is out of range for rank {rank}")
        return value % rank

    def multiplier(self, factor: Real, most: int = 30) -> tuple[int, int]:
        """Return `quantize_multiplier(factor)`. Refuse a factor of 2^most or more, which would overflow."""
        q, s = self.multipliers(np.asarray(factor, np.float64), most)
        return int(q), int(s)

    def multipliers(self, factors: np.ndarray, most: int = 30) -> tuple[np.ndarray, np.ndarray]:
        """Apply `multiplier` to each factor and return two int64 arrays of the same shape."""
        greatest = np.abs(factors).max()
        if not greatest < 2.0**most:
            self.fail(f"the scales of inputs and outputs differ by a factor of {greatest:.3g}, which is too large")
        return quantize_multipliers(factors)

    def same_quantisation(self, *tensors: Tensor) -> None:
        """Require equal scales and zero points, because the operator copies values without rescaling them."""
        first = tensors[0]
        for tensor in tensors[1:]:
            if (
                tensor.scales.tolist() != first.scales.tolist()
                or tensor.zero_points.tolist() != first.zero_points.tolist()
            ):
                self.fail(f"{first.label} and {tensor.label} must have the same scale and zero point")

    def symmetric(self, *tensors: Tensor) -> None:
        """Require zero points of 0 for int16 tensors, as TFLite Micro does."""
        for tensor in tensors:
            if tensor.dtype == np.int16 and tensor.zero_point:
                self.fail(f"int16 {tensor.label} must have a zero point of 0")

    def _checked(self, tensor: Tensor, dtypes: Dtypes, rank: int | None, plain: bool) -> Tensor:
        if tensor.dtype not in dtypes:
            if tensor.dtype.kind == "f":
                self.fail(f"{tensor.label} is {tensor.dtype}: convert the model to full int8 first")
            self.fail(f"{tensor.label} is {tensor.dtype}, not {' or '.join(np.dtype(one).name for one in dtypes)}")
        if rank is not None and len(tensor.shape) != rank:
            self.fail(f"{tensor.label} has rank {len(tensor.shape)}, not {rank}")
        if tensor.dtype in QUANTISED and not tensor.scales.size and not plain:
            self.fail(f"{tensor.label} has no quantisation")
        if tensor.data is None and tensor.scales.size > 1:
            self.fail(f"{tensor.label} is not a constant, but is quantised per channel")
        return tensor
