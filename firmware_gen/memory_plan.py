"""Where buffers lie in the arena: offsets such that buffers that live at the same time do not overlap."""

from dataclasses import dataclass
from random import Random

ALIGNMENT = 16
_ATTEMPTS = 300         # orders tried after the good guesses; a plan of 100 buffers takes about a second


@dataclass(frozen=True)
class Buffer:
    """`bytes` that live from step `first` to step `last`, both included."""

    bytes: int
    first: int
    last: int

    def meets(self, other: "Buffer") -> bool:
        """Whether there is a step at which both live."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Plan:
    """`offsets` in bytes, one a buffer; the arena's size; and a size that no plan can be below."""

    offsets: tuple[int, ...]
    bytes: int
    lower_bound: int


def plan(buffers: list[Buffer]) -> Plan:
    """Place every buffer at a multiple of ALIGNMENT.

    Greedy by first fit in several orders, then in shuffled neighbours of the best order, until the lower
    bound (the greatest sum of what lives at one step) is met. Deterministic.
    """
    sizes = [_aligned(buffer.bytes) for buffer in buffers]
    steps = range(max((buffer.last for buffer in buffers), default=0) + 1)
    bound = max((sum(size for size, b in zip(sizes, buffers) if b.first <= step <= b.last) for step in steps), default=0)
    indices = range(len(buffers))
    span = [buffer.last - buffer.first for buffer in buffers]
    orders = [
        sorted(indices, key=lambda i: (-sizes[i], buffers[i].first)),
        sorted(indices, key=lambda i: (-span[i], -sizes[i])),
        sorted(indices, key=lambda i: (-sizes[i] * (span[i] + 1), i)),
        sorted(indices, key=lambda i: (buffers[i].first, -span[i])),
    ]
    neighbours = [[j for j in indices if j != i and buffers[i].meets(buffers[j])] for i in indices]
    placed = [(order, *_place(order, sizes, neighbours)) for order in orders]
    order, offsets, size = min(placed, key=lambda each: each[2])
    random = Random(0)
    for _ in range(_ATTEMPTS):
        if size == bound or len(buffers) < 2:
            break
        other = list(order)
        i, j = random.sample(range(len(other)), 2)
        other.insert(i, other.pop(j))
        other_offsets, other_size = _place(other, sizes, neighbours)
        if other_size <= size:
            order, offsets, size = other, other_offsets, other_size
    return Plan(tuple(offsets), size, bound)


def _place(order, sizes: list[int], neighbours: list[list[int]]) -> tuple[list[int], int]:
    """First fit: each buffer of `order` at the lowest offset that is free of its placed neighbours."""
    offsets = [-1] * len(sizes)
    for i in order:
        offset = 0
        for low, high in sorted((offsets[j], offsets[j] + sizes[j]) for j in neighbours[i] if offsets[j] >= 0):
            if offset + sizes[i] <= low:
                break
            offset = max(offset, high)
        offsets[i] = offset
    return offsets, max((offset + size for offset, size in zip(offsets, sizes)), default=0)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
