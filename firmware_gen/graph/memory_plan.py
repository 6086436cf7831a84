"""Assign arena offsets to buffers so that buffers that live at the same time do not overlap."""

from dataclasses import dataclass
from random import Random

ALIGNMENT = 16
_ATTEMPTS = 300  # shuffled orders tried after the heuristic ones


@dataclass(frozen=True)
class Buffer:
    """A buffer of `bytes` bytes that lives from step `first` to step `last`, both included.

    A buffer computed in place has `over`: an earlier buffer whose last step is this one's first. It may overlap that
    buffer if it starts exactly `shift` bytes into it.
    """

    bytes: int
    first: int
    last: int
    over: int | None = None
    shift: int = 0

    def meets(self, other: "Buffer") -> bool:
        """Whether both live at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class MemoryPlan:
    """`offsets` in bytes, one per buffer; `bytes`, the arena's size; `lower_bound`, a size that no plan can beat."""

    offsets: tuple[int, ...]
    bytes: int
    lower_bound: int


def plan(buffers: list[Buffer]) -> MemoryPlan:
    """Place every buffer at a multiple of ALIGNMENT, or over the buffer that it may overlap.

    Tries first fit in several orders, then in random variations of the best order, until the size reaches the lower
    bound. The result is deterministic.
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
    """The buffers, with all that does not depend on the order: aligned sizes, conflicts, permitted overlaps."""

    def __init__(self, buffers: list[Buffer]):
        self.buffers = buffers
        self.sizes = [-(-buffer.bytes // ALIGNMENT) * ALIGNMENT for buffer in buffers]
        indices = range(len(buffers))
        self.partners: list[dict[int, int]] = [{} for _ in buffers]  # buffer -> offset of this one from it
        for i, buffer in enumerate(buffers):
            if buffer.over is not None:
                self.partners[i][buffer.over] = buffer.shift
                self.partners[buffer.over][i] = -buffer.shift
        self.neighbours = [[j for j in indices if j != i and buffers[i].meets(buffers[j])] for i in indices]

    def lower_bound(self) -> int:
        """The greatest total of live bytes at one step, not counting the smaller of two buffers that may overlap."""
        steps = range(max((buffer.last for buffer in self.buffers), default=0) + 1)
        return max((self._living(step) for step in steps), default=0)

    def _living(self, step: int) -> int:
        alive = [i for i, buffer in enumerate(self.buffers) if buffer.first <= step <= buffer.last]
        total = sum(self.sizes[i] for i in alive)
        overs = ((i, self.buffers[i].over) for i in alive)
        pairs = [(i, over) for i, over in overs if over is not None and over in alive]
        return max(total - sum(min(self.sizes[i], self.sizes[j]) for i, j in pairs), 0)

    def place(self, order: list[int], covering: bool) -> tuple[list[int], int]:
        """Place each buffer of `order` at the lowest free offset, or, if `covering`, preferably over its partner.

        Returns the offsets and the size of the arena.
        """
        offsets = [-1] * len(self.sizes)
        for i in order:
            placed = [j for j in self.neighbours[i] if offsets[j] >= 0]
            shared = [offsets[j] + shift for j, shift in self.partners[i].items() if offsets[j] >= 0]
            shared = [offset for offset in shared if offset >= 0 and self._free(i, offset, placed, offsets)]
            lowest = self._first_fit(i, placed, offsets)
            offsets[i] = min(shared) if shared and covering else min([*shared, lowest])
        return offsets, max((offset + size for offset, size in zip(offsets, self.sizes)), default=0)

    def _free(self, i: int, offset: int, placed: list[int], offsets: list[int]) -> bool:
        """Whether buffer i may start at `offset`."""
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
