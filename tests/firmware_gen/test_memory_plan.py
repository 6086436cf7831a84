"""Test memory plans and loop nests on random problems.

No buffers overlap unless they may, and loops visit every element in order.
"""

from random import Random

import numpy as np
import pytest

from ticktalk.firmware_gen.graph.loops import nest
from ticktalk.firmware_gen.graph.memory_plan import ALIGNMENT, Buffer, plan


def random_buffers(seed: int) -> list[Buffer]:
    """Return buffers with random lifetimes. Most buffers may overlap an earlier buffer that ends when they start."""
    random = Random(seed)
    buffers: list[Buffer] = []
    for _ in range(random.randint(1, 14)):
        first = random.randint(0, 12)
        last = first + random.randint(0, 5)
        ends = [i for i, buffer in enumerate(buffers) if buffer.last == first]
        over = random.choice(ends) if ends and random.random() < 0.8 else None
        shift = random.randint(0, buffers[over].bytes) if over is not None and random.random() < 0.5 else 0
        buffers.append(Buffer(random.randint(1, 500), first, last, over, shift))
    return buffers


@pytest.mark.parametrize("seed", range(200))
def test_nothing_overlaps_but_what_may(seed):
    buffers = random_buffers(seed)
    result = plan(buffers)
    assert result == plan(buffers)
    assert result.bytes >= result.lower_bound
    for i, (a, at) in enumerate(zip(buffers, result.offsets)):
        assert at >= 0 and at + a.bytes <= result.bytes
        covers = a.over is not None and at == result.offsets[a.over] + a.shift
        assert covers or at % ALIGNMENT == 0 or any(b.over == i for b in buffers)
        for j, (b, other) in enumerate(zip(buffers, result.offsets)):
            if j < i and a.meets(b) and at < other + b.bytes and other < at + a.bytes:
                assert (a.over == j and at == other + a.shift) or (b.over == i and other == at + b.shift)


def test_a_result_in_place_needs_no_room():
    buffers = [Buffer(320, 0, 1), Buffer(320, 1, 2, over=0), Buffer(160, 2, 3, over=1)]
    result = plan(buffers)
    assert result.bytes == result.lower_bound == 320 and set(result.offsets) == {0}


def test_covering_is_left_alone_where_it_costs():
    """The small result must not occupy the large buffer's memory, which the next large buffer needs."""
    buffers = [Buffer(100 * 16, 0, 1), Buffer(16, 1, 3, over=0, shift=99 * 16), Buffer(100 * 16, 2, 3)]
    result = plan(buffers)
    assert result.bytes == 101 * 16 and result.offsets[1] != 99 * 16


@pytest.mark.parametrize("seed", [83, 123, 139, 200, 219, 223, 254, 267])
def test_long_chains_of_layers_reach_the_lower_bound(seed):
    """Random orders do not reach it: a buffer at the top must get a place before its neighbours do."""
    random, buffers = Random(seed), []
    for step in range(60):
        size = random.choice([1, 2, 3, 4, 6, 8, 9]) * 64
        ends = [i for i, buffer in enumerate(buffers) if buffer.last == step]
        over = random.choice(ends) if ends and random.random() < 0.5 else None
        buffers.append(Buffer(size, step, step + random.choice([1, 1, 1, 2, 2, 7]), over))
    result = plan(buffers)
    assert result.bytes == result.lower_bound


@pytest.mark.parametrize("seed", range(50))
def test_loops_meet_every_element_in_order(seed):
    rng = np.random.default_rng(seed)
    source = np.arange(rng.integers(1, 5) * 24).reshape(-1, 2, 3, 4)
    view = source.transpose(rng.permutation(4))[:: rng.integers(1, 3), :, :: rng.choice([-1, 1, 2])]
    numbers = np.stack([view.reshape(-1), np.arange(view.size)], axis=1)
    met = numbers[:1]
    for loop in reversed(nest(numbers)):
        turns = np.arange(loop.count)[:, None, None] * np.array(loop.steps)
        met = (turns + met).reshape(-1, 2)
    assert np.array_equal(met, numbers)


def test_numbers_without_a_pattern_have_no_loops():
    assert nest(np.array([[0, 0], [5, 1], [6, 2], [3, 3]])) is None
