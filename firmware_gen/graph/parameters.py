"""Distinguish model parameters from generated tables, and measure the parameters' size in the .tflite file."""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Graph

# Maps the role of a Constant to its class.
_PARTS = {"weights": "weights", "operand": "weights", "bias": "biases", "channels": "biases", "scales": "biases"}


def part_of(array: str) -> str:
    """Return the class of a constant array: "weights", "biases" (which also covers scales) or "tables".

    `array` is the array's C name, NAME_OPERATOR_ROLE.
    """
    return _PARTS.get(array.rsplit("_", 1)[-1], "tables")


def model_bytes(graph: Graph) -> int:
    """Return the size of the model parameters in the .tflite file: quantised constants plus 4 bytes per scale.

    Bias scales are excluded, because they are derived from other scales.
    """
    called = [each for operator in graph.operators for each in operator.graphs]
    constants = {index for operator in graph.operators for index in operator.inputs if index >= 0}
    tensors = [
        graph.tensors[index]
        for index in constants
        if graph.tensors[index].data is not None and graph.tensors[index].scales.size
    ]
    return sum(map(model_bytes, called)) + sum(
        tensor.constant.nbytes + (4 * tensor.scales.size if tensor.dtype in (np.int8, np.int16) else 0)
        for tensor in tensors
    )
