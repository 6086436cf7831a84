"""The tensors, and their channels, that the C code of a project holds in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ticktalk.firmware_gen.project.report import read_report
from ticktalk.proof.trace import Key, Trace, Value

Place = tuple[int, int]  # graph, tensor


@dataclass(frozen=True)
class Held:
    """`unstored` are the tensors that the C code never holds completely, because they were fused or are not needed.

    `kept` lists the remaining channels (last axis) of tensors that have unneeded channels.
    """

    unstored: frozenset[Place] = frozenset()
    kept: dict[Place, list[int]] | None = None

    def whole(self, key: Key) -> bool:
        """Return whether the C code holds all remaining channels of this tensor in memory."""
        return (key.graph, key.tensor) not in self.unstored

    def part(self, trace: Trace) -> Trace:
        """Return `trace` with only the channels that remain. The tensors in `trace` must be arrays."""
        return Trace({key: self._part(key, value) for key, value in trace.tensors.items()}, trace.pcm)

    def _part(self, key: Key, value: Value) -> Value:
        return self.channels(key.graph, key.tensor, value) if isinstance(value, np.ndarray) else value

    def channels(self, graph: int, tensor: int, values: np.ndarray) -> np.ndarray:
        """Return the remaining channels of a tensor."""
        channels = (self.kept or {}).get((graph, tensor))
        return values if channels is None else np.ascontiguousarray(values[..., channels])


def held(project: Path, names: dict[int, str]) -> Held:
    """Return the tensors that the C code of a project holds. `names` are the graphs' names by graph id."""
    return held_by(read_report(project)["graphs"], names)


def held_by(graphs: dict[str, dict], names: dict[int, str]) -> Held:
    """Return the tensors that C code holds, according to the entry `graphs` of its report."""
    unstored = {(number, tensor) for number, name in names.items() for tensor in graphs[name]["unstored"]}
    kept = {
        (number, int(tensor)): channels
        for number, name in names.items()
        for tensor, channels in graphs[name].get("kept_channels", {}).items()
    }
    return Held(frozenset(unstored), kept)
