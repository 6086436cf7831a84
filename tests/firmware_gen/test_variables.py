"""Models with state give the same results in the simulator, TFLite Micro and the generated C in every step, and can be
reset."""

import os
import subprocess

import numpy as np
import pytest

from tests.operators import circular_buffer, signal_delay, signal_framer, signal_overlap_add, signal_stacker, svdf
from tests.operators import signal_filter_bank_spectral_subtraction as subtraction
from tests.operators import unidirectional_sequence_lstm as lstm
from tests.operators._ring import ring
from tests.operators.draw import Draw
from tests.support.compiled import HOST, STRICT
from tests.support.tflite_builder import ModelBuilder
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.graph.stream import compile_stream
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

SEEDS = range(int(os.environ.get("TICKTALK_CASES", "3")))
STEPS = 12
# The program resets the model and runs all steps two times. The memory contains garbage before the first reset.
MAIN = """#include "net.h"
#include <stdio.h>
#include <string.h>
static struct net net;
static int8_t steps[STEPS][NET_INPUT_0_BYTES];
int main(void)
{
    if (fread(steps, 1, sizeof steps, stdin) != sizeof steps) {
        return 1;
    }
    memset(&net, 0x55, sizeof net);
    for (int turn = 0; turn < 2; turn++) {
        net_reset(&net);
        for (int i = 0; i < STEPS; i++) {
            memcpy(net_input_0(&net), steps[i], sizeof steps[i]);
            net_invoke(&net);
            fwrite(net_output_0(&net), 1, NET_OUTPUT_0_BYTES, stdout);
        }
    }
    return 0;
}
"""


@pytest.mark.parametrize(
    "make",
    [
        ring,
        svdf.case,
        lstm.case,
        subtraction.case,
        circular_buffer.case,
        signal_delay.case,
        signal_framer.case,
        signal_overlap_add.case,
        signal_stacker.case,
    ],
    ids=["variable", "svdf", "lstm", "noise", "circular", "delay", "framer", "overlap", "stacker"],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_step_equals_tflite_micro(seed, make, tmp_path):
    pytest.importorskip("tflite_micro")
    draw = Draw(seed)
    data = make(draw)
    graph = load_graph(data)
    source = graph.tensors[graph.inputs[0]]
    steps = [draw.values(source.shape, source.dtype) for _ in range(STEPS)]
    simulator, oracle = Simulator(graph), oracles.tflm(data)
    expected = []
    for value in steps:
        ours, theirs = simulator.step([value]), oracle.step([value])
        assert ours.keys() == theirs.keys() >= graph.variables.keys() - graph.own_states
        assert all(np.array_equal(ours[index], theirs[index]) for index in ours)
        expected.append(ours[graph.outputs[0]].tobytes())
    assert simulator.run(steps[:1])[graph.outputs[0]].tobytes() == expected[0]
    assert oracle.run(steps[:1])[graph.outputs[0]].tobytes() == expected[0]

    for name, text in compile_graph(graph, "net").files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "main.c").write_text(MAIN)
    program = tmp_path / "program"
    sources = sorted(tmp_path.glob("*.c"))
    subprocess.run([*HOST["gcc"], *STRICT, f"-DSTEPS={STEPS}", *sources, "-o", program], check=True)
    found = subprocess.run([program], input=b"".join(map(np.ndarray.tobytes, steps)), capture_output=True, check=True)
    assert found.stdout == b"".join(expected) * 2


def test_a_stateful_graph_needs_its_own_memory_and_cannot_be_streamed():
    graph = load_graph(ring(Draw(0)))
    with pytest.raises(BuildError, match="has variables"):
        compile_graph(graph, "net", own_arena=False)
    with pytest.raises(BuildError, match="cannot be streamed"):
        compile_stream(graph, "net")


def test_variables_that_nothing_assigns_or_that_are_used_too_early_are_refused():
    model = ModelBuilder()
    handle, result = model.variable("v"), model.tensor((4,), "int8", 0.5)
    source = model.tensor((4,), "int8", 0.5)
    model.operator("READ_VARIABLE", [handle], [result])
    with pytest.raises(ModelError, match=r"operator 1 .READ_VARIABLE.: uses a variable that is never assigned"):
        load_graph(model.build([source], [result]))
    model.variable("w", (4,), "int8", 0.5, 0, [1, 2, 3, 4])
    model._operators.append(model._operators.pop(0))
    model.operator("ASSIGN_VARIABLE", [handle, source], [])
    with pytest.raises(ModelError, match=r"operator 3 .CALL_ONCE.: must come before variables are used"):
        load_graph(model.build([source], [result]))


def test_state_of_an_operator_without_state_is_refused():
    model = ModelBuilder()
    state, result, source = model.state((4,), "int8", 0.5), *(model.tensor((4,), "int8", 0.5) for _ in range(2))
    model.operator("ADD", [source, state], [result], "AddOptions")
    with pytest.raises(ModelError, match=r"operator 0 .ADD.: tensor 0 't0' is a variable"):
        load_graph(model.build([source], [result]))
