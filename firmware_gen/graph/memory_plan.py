"""Where buffers lie in the arena: offsets such that buffers that live at the same time do not overlap."""

from dataclasses import dataclass
from random import Random

ALIGNMENT = 16
_ATTEMPTS = 300  # orders tried after the good guesses


@dataclass(frozen=True)
class Buffer:
    """`bytes` that live from step `first` to step `last`, both included.

    `over` is an earlier buffer whose last step is this one's first, and which this one may cover, if it begins
    exactly `shift` bytes into it: what is computed in place.
    """

    bytes: int
    first: int
    last: int
    over: int | None = None
    shift: int = 0

    def meets(self, other: "Buffer") -> bool:
        """Whether there is a step at which both live."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class MemoryPlan:
    """`offsets` in bytes, one a buffer; the arena's size; and a size that no plan can be below."""

    offsets: tuple[int, ...]
    bytes: int
    lower_bound: int


def plan(buffers: list[Buffer]) -> MemoryPlan:
    """Place every buffer at a multiple of ALIGNMENT, or in the place of the one that it may cover.

    Greedy by first fit in several orders, then in shuffled neighbours of the best order, until the lower bound
    is met. Deterministic.
    """
    arena = _Arena(buffers)
    indices = range(len(buffers))
    span = [buffer.last - buffer.first for buffer in buffers]
    orders = [
        sorted(indices, key=lambda i: (-arena.sizes[i], buffers[i].first)),
        sorted(indices, key=lambda i: (-span[i], -arena.sizes[i])),
        sorted(indices, key=lambda i: (-arena.sizes[i] * (span[i] + 1), i)),
        sorted(indices, key=lambda i: (buffers[i].first, -span[i])),
    ]
    tried = [(order, covering, *arena.place(order, covering)) for order in orders for covering in (True, False)]
    order, covering, offsets, size = min(tried, key=lambda each: each[3])
    bound = arena.lower_bound()
    random = Random(0)
    for _ in range(_ATTEMPTS if len(buffers) > 1 else 0):
        if size == bound:
            break
        other = list(order)
        i, j = random.sample(indices, 2)
        other.insert(i, other.pop(j))
        other_offsets, other_size = arena.place(other, covering)
        if other_size <= size:
            order, offsets, size = other, other_offsets, other_size
    return MemoryPlan(tuple(offsets), size, bound)


class _Arena:
    """The buffers with what does not depend on the order: aligned sizes, who meets whom, who may cover whom."""

    def __init__(self, buffers: list[Buffer]):
        self.buffers = buffers
        self.sizes = [-(-buffer.bytes // ALIGNMENT) * ALIGNMENT for buffer in buffers]
        indices = range(len(buffers))
        self.partners: list[dict[int, int]] = [{} for _ in buffers]  # buffer -> how far this one begins after it
        for i, buffer in enumerate(buffers):
            if buffer.over is not None:
                self.partners[i][buffer.over] = buffer.shift
                self.partners[buffer.over][i] = -buffer.shift
        self.neighbours = [[j for j in indices if j != i and buffers[i].meets(buffers[j])] for i in indices]

    def lower_bound(self) -> int:
        """The greatest sum of what lives at one step, where of two that may share a place the smaller is free."""
        steps = range(max((buffer.last for buffer in self.buffers), default=0) + 1)
        return max((self._living(step) for step in steps), default=0)

    def _living(self, step: int) -> int:
        alive = [i for i, buffer in enumerate(self.buffers) if buffer.first <= step <= buffer.last]
        total = sum(self.sizes[i] for i in alive)
        overs = ((i, self.buffers[i].over) for i in alive)
        pairs = [(i, over) for i, over in overs if over is not None and over in alive]
        return max(total - sum(min(self.sizes[i], self.sizes[j]) for i, j in pairs), 0)

    def place(self, order: list[int], covering: bool) -> tuple[list[int], int]:
        """Each buffer of `order` at the lowest offset that is free, or first of all, where `covering`, in the place of
        its partner. The offsets and the size of the arena."""
        offsets = [-1] * len(self.sizes)
        for i in order:
            placed = [j for j in self.neighbours[i] if offsets[j] >= 0]
            shared = [offsets[j] + shift for j, shift in self.partners[i].items() if offsets[j] >= 0]
            shared = [offset for offset in shared if offset >= 0 and self._free(i, offset, placed, offsets)]
            lowest = self._first_fit(i, placed, offsets)
            offsets[i] = min(shared) if shared and covering else min([*shared, lowest])
        return offsets, max((offset + size for offset, size in zip(offsets, self.sizes)), default=0)

    def _free(self, i: int, offset: int, placed: list[int], offsets: list[int]) -> bool:
        """Whether buffer i may begin at `offset`."""
        for j in placed:
            apart = offset + self.buffers[i].bytes <= offsets[j] or offsets[j] + self.buffers[j].bytes <= offset
            if not apart and self.partners[i].get(j) != offset - offsets[j]:
                return False
        return True

    def _first_fit(self, i: int, placed: list[int], offsets: list[int]) -> int:
        offset = 0
        for low, high in sorted((offsets[j], offsets[j] + self.sizes[j]) for j in placed):
            if offset + self.sizes[i] <= low:
                break
            offset = max(offset, -(-high // ALIGNMENT) * ALIGNMENT)
        return offset
