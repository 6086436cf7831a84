"""IF: run one of two graphs, according to a bool. Source: tensorflow/lite/micro/kernels/if.cc."""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, calls
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(92, {"then": Field(0, "i32"), "else": Field(1, "i32")})


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that runs one of the two graphs."""
    inputs, outputs = calls.operands(node, 1)
    calls.condition(node, node.graph.tensors[node.operator.inputs[0]])
    branches = [calls.called(node, role, inputs, outputs) for role in ("else", "then")]

    def run(condition: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
        return branches[int(condition.reshape(()))].outputs([*values])

    return run
