"""Joint weights of two outputs (kernels/dense/dsp.py) at the limits of int8 and int32, on host and Cortex-M4."""

from shutil import which

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import check
from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.runtime_sim.graphs.reader import load_graph


def case(depth: int, outputs: int, positions: int, data: np.ndarray):
    """Return a FULLY_CONNECTED layer without bias and inputs that reach its largest sums."""
    draw = Draw(depth + outputs)
    factors = [0.9 / depth / (1 + output % 3) / 128 for output in range(outputs)]
    source = draw.model.tensor((positions, depth), scale=1.0, zero_point=0)
    target = draw.model.tensor((positions, outputs), scale=1.0, zero_point=3)
    weights = draw.model.tensor((outputs, depth), scale=factors, data=data)
    draw.model.operator("FULLY_CONNECTED", [source, weights], [target], "FullyConnectedOptions", KeepNumDims=True)
    graph = load_graph(draw.finish([source], [target]), f"joint-{depth}-{outputs}-{positions}")
    values = draw.values((positions, depth), "int8")
    values[0] = np.where(data[1] < 0, 127, -128)  # the smallest sum of output 1
    return graph, [values]


def cases() -> list:
    """Return (case, whether its weights can be joint)."""
    rng, every = np.random.default_rng(5), []
    for depth, outputs, positions in ((20, 4, 1), (23, 7, 1), (22, 5, 5), (64, 2, 2), (514, 4, 3), (515, 4, 1)):
        data = rng.integers(-127, 128, (outputs, depth)).astype(np.int8)
        data[1] = rng.choice([-127, 127], depth)
        every.append((case(depth, outputs, positions, data), True))
    low = data.copy()
    low[:2, 7] = -1, -128  # -1 - 256 * 128 does not fit int16
    every += [(case(515, 4, 1, low), False), (case(515, 4, 6, low), False)]
    long = rng.choice([-127, 127], (4, 600)).astype(np.int8)  # sums beyond int32
    every += [(case(600, 4, 1, long), False), (case(600, 4, 6, long), False)]
    return every


@pytest.mark.parametrize("run", [run_on_host, run_emulated])
def test_sums_of_two_outputs_are_separated_exactly(run, tmp_path):
    if run is run_emulated and not which("qemu-system-arm"):
        pytest.skip("needs qemu-system-arm")
    every = cases()
    for (graph, _), joint in every:
        assert ("tt_second_sum" in compile_graph(graph, "net", isa="dsp").files["net.c"]) == joint, graph.name
    graphs = [each for each, _ in every]
    check(graphs, run(tmp_path, graphs, "dsp"), "dsp")
