"""Which tensors, and which of their channels, the C code of a project holds in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ticktalk.firmware_gen.project.report import read_report
from ticktalk.proof.trace import Key, Trace, Value

Place = tuple[int, int]  # graph, tensor


@dataclass(frozen=True)
class Held:
    """`unstored` are the tensors that the C code never holds completely, because they were fused or are not needed.

    `kept` are the channels (last axis) that remain of tensors of which some are not needed.
    """

    unstored: frozenset[Place] = frozenset()
    kept: dict[Place, list[int]] | None = None

    def whole(self, key: Key) -> bool:
        """Return whether the C code holds all remaining channels of this tensor in memory."""
        return (key.graph, key.tensor) not in self.unstored

    def part(self, trace: Trace) -> Trace:
        """Return `trace` with only the channels that remain. Its tensors must be arrays."""
        return Trace({key: self._part(key, value) for key, value in trace.tensors.items()}, trace.pcm)

    def _part(self, key: Key, value: Value) -> Value:
        channels = (self.kept or {}).get((key.graph, key.tensor))
        if channels is None or not isinstance(value, np.ndarray):
            return value
        return np.ascontiguousarray(value[..., channels])


def held(project: Path, names: dict[int, str]) -> Held:
    """Return what the C code of a project holds. `names` are the graphs' names by graph id."""
    graphs = read_report(project)["graphs"]
    unstored = {(number, tensor) for number, name in names.items() for tensor in graphs[name]["unstored"]}
    kept = {
        (number, int(tensor)): channels
        for number, name in names.items()
        for tensor, channels in graphs[name].get("kept_channels", {}).items()
    }
    return Held(frozenset(unstored), kept)
