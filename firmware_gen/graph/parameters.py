"""Tell the model's own constants from generated tables, and count the bytes of the former in the .tflite."""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Graph

# By the role of a Constant: the factors of a layer's products, and what turns its sums into results.
_PARTS = {"weights": "weights", "operand": "weights", "bias": "biases", "channels": "biases", "scales": "biases"}


def part_of(array: str) -> str:
    """Classify a constant array by its C name, NAME_OPERATOR_ROLE: "weights", "biases" (includes scales), else
    "tables"."""
    return _PARTS.get(array.rsplit("_", 1)[-1], "tables")


def model_bytes(graph: Graph) -> int:
    """Bytes of the same numbers in the .tflite: quantised constants, and 4 bytes for each scale. Scales of biases do
    not count, because they follow from other scales."""
    constants = {index for operator in graph.operators for index in operator.inputs if index >= 0}
    tensors = [
        graph.tensors[index]
        for index in constants
        if graph.tensors[index].data is not None and graph.tensors[index].scales.size
    ]
    return sum(
        tensor.constant.nbytes + (4 * tensor.scales.size if tensor.dtype in (np.int8, np.int16) else 0)
        for tensor in tensors
    )
