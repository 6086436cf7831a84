"""Simplify a graph before it is compiled, without changing the value of any tensor that remains."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.simplify.identities import without_identities
from ticktalk.firmware_gen.simplify.layer import LAYERS, products
from ticktalk.firmware_gen.simplify.pads import without_pads
from ticktalk.firmware_gen.simplify.prune import pruned
from ticktalk.firmware_gen.simplify.ranges import ranges
from ticktalk.runtime_sim.graphs.graph import Graph

# Kernels compute several channels together. On a Cortex-M4 or M55, channel counts that are not multiples of four
# take more instructions.
_MULTIPLE = 4


@dataclass(frozen=True, eq=False)
class Simplified:
    """A simplified graph.

    Tensors keep their original indices. `kept` maps each tensor that has fewer channels (last axis) than before to the
    remaining ones, int [n]. `removed` lists the tensors that are no longer computed. `facts` holds plain values for
    report.json: the numbers of channels of layers, multiply-adds and weights that are not needed ("removed") and of the
    original graph ("of").
    """

    graph: Graph
    kept: dict[int, np.ndarray]
    removed: list[int]
    facts: dict[str, dict[str, int]]

    def part(self, index: int, values: np.ndarray) -> np.ndarray:
        """Return the remaining channels of the original tensor `index`."""
        return np.ascontiguousarray(values[..., self.kept[index]]) if index in self.kept else values


def simplify(graph: Graph) -> Simplified:
    """Return the simplified form of `graph`."""
    known = ranges(graph)  # no rule changes a value, so the ranges remain valid
    result, kept = pruned(without_pads(without_identities(graph, known)), known, _MULTIPLE)
    before, after = _sizes(graph), _sizes(result)
    facts = {name: {"removed": before[name] - after[name], "of": before[name]} for name in before}
    return Simplified(result, kept, sorted(graph.producers.keys() - result.producers.keys()), facts)


def _sizes(graph: Graph) -> dict[str, int]:
    """Return the number of channels, multiply-adds and weights of all layers."""
    channels = macs = weights = 0
    for operator in graph.operators:
        if operator.name in LAYERS:
            kernel, target = graph.tensors[operator.inputs[1]], graph.tensors[operator.outputs[0]]
            channels += target.shape[-1]
            weights += kernel.size
            macs += products(operator, graph)
    return {"channels": channels, "macs": macs, "weights": weights}
