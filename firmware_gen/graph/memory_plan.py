"""Assign arena offsets to buffers so that buffers that are live at the same time do not overlap."""

from dataclasses import dataclass
from random import Random

ALIGNMENT = 16
_ATTEMPTS = 300  # variations tried after the heuristic orders


@dataclass(frozen=True)
class Buffer:
    """A buffer of `bytes` bytes that is live from step `first` to step `last`, inclusive.

    If the buffer can be computed in place, `over` is the index of the buffer that it may overwrite. The last step of
    that buffer is the first step of this one. The two may overlap only if this buffer starts exactly `shift` bytes into
    the other.
    """

    bytes: int
    first: int
    last: int
    over: int | None = None
    shift: int = 0

    def meets(self, other: "Buffer") -> bool:
        """Return whether both buffers are live at the same step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class MemoryPlan:
    """The offset of each buffer, the arena size `bytes`, and a lower bound on the size of any plan at each step, all in
    bytes."""

    offsets: tuple[int, ...]
    bytes: int
    bounds: tuple[int, ...]

    @property
    def lower_bound(self) -> int:
        """A lower bound on the size of any plan."""
        return max(self.bounds, default=0)


def plan(buffers: list[Buffer]) -> MemoryPlan:
    """Place each buffer at a multiple of ALIGNMENT or over the buffer that it may overlap.

    First-fit placement is tried in several heuristic orders and then in variations of the best one, until the size
    reaches the lower bound or the attempts are used up. A variation places a buffer at the top of the arena earlier, or
    moves a buffer that is live at the same time. The result is deterministic.
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
    bounds = arena.lower_bounds()
    bound = max(bounds, default=0)
    random = Random(0)
    for attempt in range(_ATTEMPTS if len(buffers) > 1 else 0):
        if size == bound:
            break
        highest = random.choice([i for i in indices if offsets[i] + arena.sizes[i] == size])
        if attempt % 2:
            moved, latest = highest, order.index(highest)
        else:
            moved, latest = random.choice([highest, *arena.neighbours[highest]]), len(order) - 1
        other = [i for i in order if i != moved]
        other.insert(random.randint(0, latest), moved)
        other_offsets, other_size = arena.place(other, covering)
        if other_size <= size:
            order, offsets, size = other, other_offsets, other_size
    return MemoryPlan(tuple(offsets), size, bounds)


class _Arena:
    """The buffers with their aligned sizes, conflicts and permitted overlaps, which do not depend on the order."""

    def __init__(self, buffers: list[Buffer]):
        self.buffers = buffers
        self.sizes = [-(-buffer.bytes // ALIGNMENT) * ALIGNMENT for buffer in buffers]
        indices = range(len(buffers))
        self.partners: list[dict[int, int]] = [{} for _ in buffers]  # other buffer -> offset relative to it
        for i, buffer in enumerate(buffers):
            if buffer.over is not None:
                self.partners[i][buffer.over] = buffer.shift
                self.partners[buffer.over][i] = -buffer.shift
        self.neighbours = [[j for j in indices if j != i and buffers[i].meets(buffers[j])] for i in indices]

    def lower_bounds(self) -> tuple[int, ...]:
        """Return the number of live bytes at each step.

        If two buffers may overlap, only the larger one is counted.
        """
        steps = range(max((buffer.last for buffer in self.buffers), default=0) + 1)
        return tuple(self._living(step) for step in steps)

    def _living(self, step: int) -> int:
        alive = [i for i, buffer in enumerate(self.buffers) if buffer.first <= step <= buffer.last]
        total = sum(self.sizes[i] for i in alive)
        overs = ((i, self.buffers[i].over) for i in alive)
        pairs = [(i, over) for i, over in overs if over is not None and over in alive]
        return max(total - sum(min(self.sizes[i], self.sizes[j]) for i, j in pairs), 0)

    def place(self, order: list[int], covering: bool) -> tuple[list[int], int]:
        """Place the buffers in `order`, each at its lowest free offset, and return the offsets and the arena size.

        If `covering` is true, place a buffer over its partner where possible.
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
        """Return whether buffer i may start at `offset`."""
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
