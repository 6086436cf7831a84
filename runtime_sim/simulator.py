"""Run a graph in NumPy, with exactly the same integer results as on the watch."""

from functools import cached_property

import numpy as np

from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.ops.shared.kernel import Kernel, ManyKernel


class Simulator:
    """An interpreter for `graph`. The operators are prepared on the first run."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self._variables = dict(graph.variables)

    @cached_property
    def _steps(self) -> list[tuple[Operator, Kernel | ManyKernel]]:
        operators = self.graph.operators
        return [(operator, ops.prepare(Node(operator, self.graph))) for operator in operators]

    @cached_property
    def _constants(self) -> dict[int, np.ndarray]:
        return {tensor.index: tensor.data for tensor in self.graph.tensors if tensor.data is not None}

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Return every tensor of the file that an operator writes, by tensor index. The model's variables are reset.

        `inputs` are the graph's inputs in order. Raises `ModelError` if a shape or dtype does not match.
        """
        self._variables = dict(self.graph.variables)
        return self.step(inputs)

    def step(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Like `run`, but the model's variables keep the values from the previous step."""
        values = self._values(inputs)
        written = (index for operator in self.graph.operators for index in operator.outputs)
        return {index: values[index] for index in written if index not in self.graph.own_states}

    def outputs(self, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Like `step`, but return only the graph's outputs, which may also be constants and inputs."""
        values = self._values(inputs)
        return [values[index] for index in self.graph.outputs]

    def _values(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        self._check(inputs)
        values = self._constants | self._variables
        values.update(zip(self.graph.inputs, (np.asarray(value, order="C") for value in inputs), strict=True))
        for operator, kernel in self._steps:
            results = kernel(*(values.get(index) for index in operator.inputs))
            # NumPy returns numbers instead of arrays of rank 0.
            results = [np.asarray(each) for each in (results if isinstance(results, list) else [results])]
            values.update(zip(operator.outputs, results, strict=True))
        self._variables = {index: values[index] for index in self._variables}
        return values

    def _check(self, inputs: list[np.ndarray]) -> None:
        expected = [self.graph.tensors[index] for index in self.graph.inputs]
        if len(inputs) != len(expected):
            raise ModelError(f"{self.graph.name}: takes {len(expected)} inputs, but got {len(inputs)}")
        for value, tensor in zip(inputs, expected, strict=True):
            if value.shape != tensor.shape or value.dtype != tensor.dtype:
                raise ModelError(
                    f"{self.graph.name}: {tensor.label} takes {tensor.dtype} {list(tensor.shape)}, "
                    f"but got {value.dtype} {list(value.shape)}"
                )
