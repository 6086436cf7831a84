"""Constants that are read repeatedly are copied to the arena if flash is slow (graph/staging.py)."""

from shutil import which

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import check, operator_cases
from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.graph.staging import GROWTH
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph

# seeds of random models whose constants are copied
LAYERS = {"conv_2d": (4, 6, 14), "depthwise_conv_2d": (4, 5), "fully_connected": (14,)}


def dense(positions: int, depth: int, outputs: int) -> Graph:
    draw = Draw(depth)
    source = draw.model.tensor((positions, depth), scale=1.0, zero_point=0)
    target = draw.model.tensor((positions, outputs), scale=1.0, zero_point=3)
    data = draw.rng.integers(-127, 128, (outputs, depth)).astype(np.int8)
    weights = draw.model.tensor((outputs, depth), scale=[0.01 / depth] * outputs, data=data)
    draw.model.operator("FULLY_CONNECTED", [source, weights], [target], "FullyConnectedOptions", KeepNumDims=True)
    return load_graph(draw.finish([source], [target]), "dense")


@pytest.mark.parametrize("run", [run_on_host, run_emulated])
def test_copies_change_no_value(run, tmp_path):
    if run is run_emulated and not which("qemu-system-arm"):
        pytest.skip("needs qemu-system-arm")
    cases = [case for name, seeds in LAYERS.items() for case in operator_cases(name, seeds)]
    for graph, _ in cases:
        assert "_stage(&arena" in compile_graph(graph, "net", isa="dsp", slow_flash=True).files["net.c"]
    check(cases, run(tmp_path, cases, "dsp", slow_flash=True), "dsp")


@pytest.mark.parametrize(("outputs", "copied"), [(50, True), (80, False)])
def test_only_copies_that_fit_are_made(outputs, copied):
    graph = dense(16, 100, outputs)
    plain, slow = (compile_graph(graph, "net", isa="dsp", slow_flash=slow) for slow in (False, True))
    assert ("_stage(&arena" in slow.files["net.c"]) == copied
    assert plain.facts["arena_bytes"] < slow.facts["arena_bytes"] <= plain.facts["arena_bytes"] + GROWTH or not copied
    reads = slow.facts["read_bytes"], plain.facts["read_bytes"]
    assert (4 * reads[0] == reads[1]) if copied else slow == plain


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize(("positions", "macro"), [(1, "TT_DOT_ROW_JOINT"), (16, "TT_DOT_4X2")])
def test_loops_over_many_weights_are_short_for_small_caches(short, positions, macro):
    code = compile_graph(dense(positions, 512, 64), "net", isa="dsp", short_loops=short).files["net.c"]
    assert f"{macro}({8 if short else 16}, " in code
