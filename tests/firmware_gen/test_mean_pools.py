"""Average pools with DSP instructions (kernels/shared/pool.c.j2) at the limits of int16, on host and Cortex-M4."""

from shutil import which

import numpy as np
import pytest

from tests.firmware_gen.test_compiler import check
from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.runtime_sim.graphs.reader import load_graph

# height, width, channels, whether the channels are added two at a time
SHAPES = [
    (15, 17, 8, True),
    (15, 17, 4, True),
    (15, 17, 21, True),
    (17, 15, 6, True),
    (15, 17, 3, False),
    (16, 16, 8, False),
]


def case(height: int, width: int, channels: int, value: int):
    """Return (graph, inputs) of the mean of a whole image, with `value` in all channels except every third."""
    draw = Draw(height + channels)
    source = draw.model.tensor((1, height, width, channels), scale=0.05, zero_point=3)
    target = draw.model.tensor((1, 1, 1, channels), scale=0.05, zero_point=3)
    sizes = {"StrideH": 1, "StrideW": 1, "FilterHeight": height, "FilterWidth": width}
    draw.model.operator("AVERAGE_POOL_2D", [source], [target], "Pool2DOptions", Padding=1, **sizes)
    graph = load_graph(draw.finish([source], [target]), f"pool-{height}-{width}-{channels}")
    values = draw.values((1, height, width, channels), "int8")
    values[..., np.arange(channels) % 3 > 0] = value
    return graph, [values]


@pytest.mark.parametrize("run", [run_on_host, run_emulated])
def test_the_largest_sums_fit(run, tmp_path):
    if run is run_emulated and not which("qemu-system-arm"):
        pytest.skip("needs qemu-system-arm")
    cases = [case(*shape, value) for *shape, _ in SHAPES for value in (-128, 127)]
    check(cases, run(tmp_path, cases, "dsp"), "dsp")


@pytest.mark.parametrize("shape", SHAPES)
def test_channels_are_added_two_at_a_time_where_their_sums_fit(shape):
    *sizes, together = shape
    graph, _ = case(*sizes, 0)
    assert ("tt_add_even_bytes" in compile_graph(graph, "net", isa="dsp").files["net.c"]) == together
