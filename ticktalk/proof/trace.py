"""The values that one implementation computed, and the first difference between two implementations."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from ticktalk.runtime_sim.graphs.graph import Graph


class Key(NamedTuple):
    """One computation of a tensor. `invocation` counts the calls to its graph within the utterance or run."""

    graph: int
    invocation: int
    tensor: int


class Checksum(NamedTuple):
    """A device's report of a tensor whose bytes were not requested."""

    size: int
    crc: int


Value = np.ndarray | bytes | Checksum


@dataclass
class Trace:
    """Tensors in the order of computation, as arrays, bytes or checksums, and the PCM samples (empty for a model).

    `native` are the samples before a conversion to another rate or stereo, if the simulator computed them.
    """

    tensors: dict[Key, Value] = field(default_factory=dict)
    pcm: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int16))
    native: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int16))


class Graphs(Protocol):
    """Graphs and their names by graph id, for describing a difference."""

    graphs: dict[int, Graph]
    graph_names: dict[int, str]


@dataclass(frozen=True)
class Difference:
    """The first position at which an implementation differs from the simulator.

    `tensor` is None for a PCM sample. `part` is None if the implementation read the whole text itself.
    """

    part: int | None
    graph: str | None
    invocation: int | None
    tensor: int | None
    name: str | None
    element: list[int]
    expected: int | None
    found: int | None

    def __str__(self) -> str:
        part = "the text" if self.part is None else f"part {self.part}"
        where = (
            f"{part}, sample {self.element[0]}"
            if self.tensor is None
            else (
                f"{part}, {self.graph} graph, invocation {self.invocation}, tensor {self.tensor} "
                f"{self.name!a}, "
                f"element {self.element}"
            )
        )
        return (
            f"{where}: {'nothing' if self.found is None else self.found}, but the simulator has "
            f"{'nothing' if self.expected is None else self.expected}"
        )


def first_difference(
    subject: Graphs,
    part: int,
    expected: Trace,
    found: Trace,
    only: Callable[[Key], bool],
    fetch: Callable[[Key], bytes] | None = None,
) -> Difference | None:
    """Compare the tensors for which `only` is true, in the order of computation, then the samples.

    `expected` must hold arrays. `fetch` retrieves the bytes of a tensor whose checksum differs.
    """
    for key, value in expected.tensors.items():
        if not only(key):
            continue
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{key}: cannot be compared with a {type(value).__name__}")
        other = found.tensors.get(key)
        if _same(value, other):
            continue
        if isinstance(other, Checksum):
            other = fetch(key) if fetch else None
        index, want, have = _first_element(value, other)
        graph = subject.graphs[key.graph]
        return Difference(
            part,
            subject.graph_names[key.graph],
            key.invocation,
            key.tensor,
            graph.tensors[key.tensor].name,
            index,
            want,
            have,
        )
    extra = [key for key in found.tensors if key not in expected.tensors]
    if extra:
        key = extra[0]
        return Difference(
            part,
            subject.graph_names[key.graph],
            key.invocation,
            key.tensor,
            subject.graphs[key.graph].tensors[key.tensor].name,
            [],
            None,
            None,
        )
    return first_different_sample(part, expected.pcm, found.pcm)


def first_different_sample(part: int | None, expected: np.ndarray, found: np.ndarray) -> Difference | None:
    """Compare samples given as int16 [n]."""
    if np.array_equal(expected, found):
        return None
    index, want, have = _first_element(expected, found.tobytes())
    return Difference(part, None, None, None, None, index, want, have)


def _same(value: np.ndarray, other: Value | None) -> bool:
    data = value.tobytes()
    if isinstance(other, Checksum):
        return other == Checksum(len(data), zlib.crc32(data))
    return other is not None and data == (other if isinstance(other, bytes) else other.tobytes())


def _first_element(value: np.ndarray, other: np.ndarray | bytes | None) -> tuple[list[int], int | None, int | None]:
    """Return the index, expected value and actual value of the first difference. A value past the end is None."""
    if other is None:
        return [0] * value.ndim, value.flat[0].item() if value.size else None, None
    data = other if isinstance(other, bytes) else other.tobytes()
    flat = np.frombuffer(data[: len(data) // value.itemsize * value.itemsize], value.dtype)
    both = min(value.size, flat.size)
    apart = np.flatnonzero(value.reshape(-1)[:both] != flat[:both])
    at = int(apart[0]) if apart.size else both
    want = value.flat[at].item() if at < value.size else None
    have = flat[at].item() if at < flat.size else None
    index = np.unravel_index(at, value.shape) if at < value.size and value.ndim else [at]
    return [int(i) for i in index], want, have
