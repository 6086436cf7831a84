"""WHILE: run the graph `body` on its own results as long as the graph `condition` returns true for them.

Source: tensorflow/lite/micro/kernels/while.cc.
"""

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.tflite_schema import Field, Options
from ticktalk.runtime_sim.ops.shared import along_time, calls
from ticktalk.runtime_sim.ops.shared.kernel import ManyKernel

ALONG_TIME = along_time.MIXED
OPTIONS = Options(93, {"condition": Field(0, "i32"), "body": Field(1, "i32")})
MOST_RUNS = 1 << 16  # so that an endless loop does not hang the simulator


def prepare(node: Node) -> ManyKernel:
    """Return a kernel that runs the loop."""
    inputs, outputs = calls.operands(node, 0)
    test = node.option("condition")
    verdict = [calls.condition(node, test.tensors[index]) for index in test.outputs[:1]]
    condition = calls.called(node, "condition", inputs, verdict)
    body = calls.called(node, "body", inputs, outputs)
    if [(each.shape, each.dtype) for each in inputs] != [(each.shape, each.dtype) for each in outputs]:
        node.fail("its inputs and outputs differ in shape or type")

    def run(*values: np.ndarray) -> list[np.ndarray]:
        state = [*values]
        for _ in range(MOST_RUNS):
            if not condition.outputs(state)[0].reshape(()):
                return state
            state = body.outputs(state)
        node.fail(f"the loop has not ended after {MOST_RUNS} runs of its body")

    return run
