"""Which constants of the C are the model's own numbers, and how many bytes these take in the .tflite."""

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Graph

# By the role of a Constant: what the layers multiply, and what leads from their sums to their results.
_PARTS = {"weights": "weights", "operand": "weights", "bias": "biases", "channels": "biases", "scales": "biases"}


def part_of(array: str) -> str:
    """Of a constant array's C name, NAME_OPERATOR_ROLE: "weights", "biases" (scales too) or, of all others,
    "tables"."""
    return _PARTS.get(array.rsplit("_", 1)[-1], "tables")


def model_bytes(graph: Graph) -> int:
    """What the .tflite keeps of the same numbers: quantised constants, and 4 bytes for each scale but those of biases,
    which follow from others."""
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
