"""First layers in bands of rows (graph/bands.py) compute the same values, on host and emulated cores."""

import os
from dataclasses import replace
from shutil import which

import numpy as np
import pytest

from tests.operators._window import out_extent
from tests.operators.draw import Draw
from tests.support.compiled import run_emulated, run_on_host
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_model
from ticktalk.firmware_gen.graph import bands
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.project.report import free_ram, read_report
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

SEEDS = int(os.environ.get("TICKTALK_CASES", "9"))
SHARES = (0.95, 0.8, 0.65)  # of the arena without bands


class Network(Draw):
    """Random layers one behind the other, and sums with earlier tensors of the same shape."""

    def __init__(self, seed: int):
        super().__init__(seed)
        self.point = self.pick(-128, 0, 5, 127)
        self.shape: tuple[int, ...] = (1, self.integer(16, 32), self.integer(3, 9), self.pick(1, 1, 3))
        self.source = self.last = self.tensor()
        earlier = [(self.shape, self.last)]
        for _ in range(self.integer(3, 6)):
            kind = self.pick("CONV_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D", "RELU", "ADD")
            if kind == "ADD":
                other = self.pick(*[index for shape, index in earlier if shape == self.shape])
                self.add(kind, [self.last, other], "AddOptions")
            elif kind == "RELU":
                self.add(kind, [self.last])
            else:
                self.windows(kind)
            earlier.append((self.shape, self.last))

    def tensor(self) -> int:
        return self.model.tensor(self.shape, scale=0.05, zero_point=self.point)

    def add(self, name: str, inputs: list[int], kind: str | None = None, **options) -> None:
        self.last = self.tensor()
        self.model.operator(name, inputs, [self.last], kind, **options)

    def windows(self, name: str) -> None:
        """Add a convolution or a pool."""
        _, height, width, depth = self.shape
        kernel, stride = [self.integer(1, 3), self.integer(1, 3)], [self.pick(1, 1, 2), self.pick(1, 1, 2)]
        valid = self.pick(False, False, True) and height >= 3 and width >= 3
        channels = self.pick(4, 8, 13, 16) if name == "CONV_2D" else depth
        outs = [out_extent(*each, 1, valid) for each in zip((height, width), kernel, stride)]
        source, self.shape = self.last, (1, *outs, channels)
        options = {"Padding": int(valid), "StrideH": stride[0], "StrideW": stride[1]}
        if name.endswith("POOL_2D"):
            self.add(name, [source], "Pool2DOptions", FilterHeight=kernel[0], FilterWidth=kernel[1], **options)
            return
        whole = name == "CONV_2D"
        weights, dimension = ((channels, *kernel, depth), 0) if whole else ((1, *kernel, channels), 3)
        factors = self.rng.uniform(0.001, 0.02, channels)
        taps = self.model.tensor(weights, scale=factors, dimension=dimension, data=self.values(weights))
        bias = self.model.tensor((channels,), "int32", factors / 20, data=self.rng.integers(-3000, 3000, channels))
        options |= {"DilationHFactor": 1, "DilationWFactor": 1, "FusedActivationFunction": self.activation()}
        options |= {} if whole else {"DepthMultiplier": 1}
        kind = "Conv2DOptions" if whole else "DepthwiseConv2DOptions"
        self.add(name, [source, taps, bias], kind, **options)


def network(seed: int) -> tuple[Graph, list[np.ndarray]]:
    draw = Network(seed)
    graph = load_graph(draw.finish([draw.source], [draw.last]), f"bands-{seed}")
    tensor = graph.tensors[graph.inputs[0]]
    return graph, [draw.rng.integers(-128, 128, tensor.shape).astype(np.int8)]


def banded(isa: str, seeds) -> tuple[list, list[dict], list[int]]:
    """Return networks that need bands to fit a share of their arena, the facts of their code, and these limits."""
    cases, facts, limits = [], [], []
    for seed in seeds:
        case = network(seed)
        limit = int(SHARES[seed % len(SHARES)] * compile_graph(case[0], "net", isa=isa).facts["arena_bytes"])
        found = compile_graph(case[0], "net", isa=isa, memory=limit).facts
        if found["bands"]:
            assert found["arena_bytes"] <= limit
            cases.append(case)
            facts.append(found)
            limits.append(limit)
    return cases, facts, limits


def compare(cases: list, facts: list[dict], traces: list) -> None:
    for (graph, inputs), found, trace in zip(cases, facts, traces, strict=True):
        expected = Simulator(graph).run(inputs)
        assert trace.keys() == expected.keys() - set(found["unstored"]), graph.name
        for index, values in trace.items():
            assert np.array_equal(values, expected[index]), f"{graph.name}: {graph.tensors[index].label}"


@pytest.mark.parametrize("isa", ["portable", "dsp", "mve"])
def test_bands_change_no_value(isa, tmp_path):
    cases, facts, limits = banded(isa, range(SEEDS))
    assert len(cases) >= SEEDS // 4
    compare(cases, facts, run_on_host(tmp_path, cases, isa, memory=limits))


@pytest.mark.parametrize(("isa", "core"), [("dsp", "m4"), ("mve", "m55")])
def test_bands_change_no_value_on_cores(isa, core, tmp_path):
    if not which("qemu-system-arm"):
        pytest.skip("needs qemu-system-arm")
    cases, facts, limits = banded(isa, range(SEEDS))
    compare(cases, facts, run_emulated(tmp_path, cases, isa, core, memory=limits))


def test_bands_share_weights_and_are_only_used_if_they_help():
    graph, _ = network(1)
    whole = compile_graph(graph, "net", isa="dsp").facts
    assert compile_graph(graph, "net", isa="dsp", memory=whole["arena_bytes"]).facts == whole
    assert compile_graph(graph, "net", isa="dsp", memory=1).facts == whole
    parts = compile_graph(graph, "net", isa="dsp", memory=int(0.8 * whole["arena_bytes"])).facts
    assert parts["bands"] > 1 and parts["weight_bytes"] == whole["weight_bytes"]


def test_the_search_is_bounded(monkeypatch):
    """A long chain is not tried with every cut and every number of bands."""
    draw = Draw(1)
    last = source = draw.model.tensor((1, 40, 4, 1), scale=0.05, zero_point=0)
    for _ in range(300):
        target = draw.model.tensor((1, 40, 4, 1), scale=0.05, zero_point=0)
        draw.model.operator("RELU", [last], [target])
        last = target
    graph = load_graph(draw.finish([source], [last]), "chain")
    made: list[int] = []

    def most_live(graph: Graph) -> int:
        made.append(len(graph.operators))
        return 1 << 30

    monkeypatch.setattr(bands, "_most_live", most_live)
    assert bands.smallest(graph, 4000) == []
    assert 0 < len(made) <= bands.MOST_LAYERS * len(bands.COUNTS)
    assert max(made) <= 2 * bands.MOST_CALLS + len(graph.operators)


def test_a_board_with_little_memory_gets_bands(tmp_path):
    draw = Network(0)
    file = tmp_path / "net.tflite"
    file.write_bytes(draw.finish([draw.source], [draw.last]))
    board = load_board("qemu-m4")
    whole = compile_graph(load_graph(file.read_bytes(), "net"), "net", isa=board.isa).facts["arena_bytes"]
    smaller = board.ram.size - free_ram(board) + int(0.8 * whole)
    memories = tuple(replace(each, size=smaller) if each.name == "ram" else each for each in board.memories)
    report = read_report(export_model(file, replace(board, memories=memories), tmp_path / "out"))
    assert report["graphs"]["model"]["bands"] > 1 and report["arena_bytes"] <= 0.8 * whole
    with pytest.raises(BuildError, match="more than --arena 100;"):
        export_model(file, board, tmp_path / "none", arena=100)
