"""Generated C against the simulator: every tensor of random graphs, on the host with sanitizers and on Cortex-M4."""

import os
from importlib import import_module
from pathlib import Path
from shutil import which

import numpy as np
import pytest

from firmware_gen import kernels
from firmware_gen.errors import BuildError
from runtime_sim.errors import ModelError
from runtime_sim.graph import load_graph
from runtime_sim.node import Node
from runtime_sim.simulator import Simulator
from tests.compiled import run_on_host, run_on_m4
from tests.operators.draw import Draw

# TICKTALK_CASES=1000 is the full count; the default keeps the whole suite short.
CASES = int(os.environ.get("TICKTALK_CASES", "8"))
OPERATORS = sorted(
    path.stem for path in Path(kernels.__file__).parent.glob("[a-z]*.py")
    if (Path(__file__).parent / "operators" / path.name).exists()
)  # fmt: skip
on_m4 = pytest.mark.skipif(not which("qemu-system-arm"), reason="needs qemu-system-arm")


def operator_cases(name: str, seeds) -> list:
    """(graph, inputs) of the seeds' random models of one operator that the compiler takes."""
    make = import_module(f"tests.operators.{name}").case
    cases = []
    for seed in seeds:
        draw = Draw(seed)
        graph = load_graph(make(draw), f"{name}-{seed}")
        if any(graph.tensors[i].dtype != np.int8 for i in (*graph.inputs, *graph.outputs)):
            continue
        try:
            kernels.compile_operator(Node(graph.operators[-1], graph), "portable")
        except (BuildError, ModelError) as error:
            assert "not supported" in str(error) or "regular pattern" in str(error)
            continue
        cases.append((graph, [draw.values(graph.tensors[i].shape, np.dtype(np.int8)) for i in graph.inputs]))
    return cases


def check(cases, traces) -> None:
    """Every tensor that an operator writes is traced and equal to the simulator's."""
    assert cases
    for (graph, inputs), trace in zip(cases, traces, strict=True):
        expected = Simulator(graph).run(inputs)
        assert trace.keys() == expected.keys()
        for index, values in expected.items():
            assert np.array_equal(trace[index], values), f"{graph.name}: {graph.tensors[index].label}"


@pytest.mark.parametrize("isa", ["portable", "dsp"])
@pytest.mark.parametrize("name", OPERATORS)
def test_operator_on_host(name, isa, tmp_path):
    cases = operator_cases(name, range(CASES))
    check(cases, run_on_host(tmp_path, cases, isa))
