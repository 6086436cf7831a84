"""Layers whose input is a constant, as in the first step of an unrolled GRU."""

from importlib import import_module

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import check
from tests.operators.draw import Draw
from tests.support.compiled import run_on_host
from tests.support.gru import gru
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator


class ConstantDraw(Draw):
    """A `Draw` whose models have constants instead of inputs, and an unrelated input."""

    def finish(self, inputs, outputs) -> bytes:
        for index in inputs:
            shape, dtype, quantisation, _, name = self.model._tensors[index]
            self.model._tensors[index] = (shape, dtype, quantisation, self.values(shape, dtype), name)
        source, target = (self.activation_tensor((3,), "int8", 0.5, 0) for _ in range(2))
        self.model.operator("RELU", [source], [target])
        return super().finish([source], [*outputs, target])


@pytest.mark.parametrize("seed", range(6))
def test_a_gru_equals_tflite_micro(seed):
    pytest.importorskip("tflite_micro")
    data, draw = gru(seed), Draw(seed)
    graph = load_graph(data)
    source = graph.tensors[graph.inputs[0]]
    simulator, oracle, results = Simulator(graph), oracles.tflm(data), set()
    for _ in range(3):
        values = [draw.rng.integers(-99, 99, source.shape).astype(source.dtype)]
        ours, theirs = simulator.run(values), oracle.run(values)
        assert ours.keys() == theirs.keys() and all(np.array_equal(ours[index], theirs[index]) for index in ours)
        results.add(ours[graph.outputs[0]].tobytes())
    assert len(results) > 1


def test_the_c_code_equals_the_simulator(tmp_path):
    cases = []
    for number, make in enumerate(
        [lambda draw: gru(0), lambda draw: gru(1)]
        + [
            import_module(f"tests.operators.{name}").case
            for name in ("conv_2d", "depthwise_conv_2d", "fully_connected")
        ]
    ):
        draw = ConstantDraw(number)
        graph = load_graph(make(draw), f"case {number}")
        cases.append((graph, [draw.values(graph.tensors[i].shape, graph.tensors[i].dtype) for i in graph.inputs]))
    check(cases, run_on_host(tmp_path, cases, "dsp"), "dsp")
