"""A damaged .tflite file is refused with a clean error or yields a graph that compiles and runs.

Processing a damaged file must not take excessive time or memory.
"""

import os
import resource
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module

import numpy as np
import pytest

from tests.firmware_gen.test_bands import Network
from tests.firmware_gen.test_pcm_to_word import wake_word
from tests.operators.draw import Draw
from tests.runtime_sim.test_graph import shaped_by_its_input
from tests.runtime_sim.test_operators import OPERATORS, inputs
from tests.support.gru import gru
from tests.support.models import small_network
from tests.support.streams import keyword, odd, stream, strided
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.kernel import ISAS
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.graph.stream import compile_stream
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

# TICKTALK_MUTANTS=2250 generates more than 100,000 files.
MUTANTS = int(os.environ.get("TICKTALK_MUTANTS", "40"))
SECONDS = 10.0  # a search that never ends takes longer, a valid one less than 1.5 s on slow machines
KIB = 500_000

# Graphs of several operators. The third one contains operators that are computed when the file is read.
GRAPHS: dict[str, Callable[[int], bytes]] = {
    "small_network": small_network,
    "gru": gru,
    "shapes": lambda seed: shaped_by_its_input("FILL"),
    "wake_word": lambda seed: wake_word(),
}


def rows(seed: int) -> bytes:
    draw = Network(seed)
    return draw.finish([draw.source], [draw.last])


# Graphs that can also be streamed, or computed in bands of rows.
OTHERWISE: dict[str, Callable[[int], bytes]] = {
    "stream": lambda seed: stream(seed, 24, "SAME", seed % 2 == 0),
    "odd": lambda seed: odd(seed, 24, upright=seed % 2 == 0),
    "strided": lambda seed: strided(seed, 32, "SAME", seed % 2 == 0),
    "keyword": lambda seed: keyword(seed, 24, upright=seed % 2 == 0),
    "bands": rows,
}
_EXTREMES = [0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, 1 << 24, 1 << 16]


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Return `data` with one to three random changes.

    The changes affect bits, bytes or words, copy words, truncate the data, or replace small numbers.
    """
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        kind, place = rng.integers(9), int(rng.integers(len(changed) - 4))
        if kind == 0:
            changed[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            changed[place] = int(rng.integers(256))
        elif kind == 2:
            changed[place & ~3 : (place & ~3) + 4] = int(rng.choice(_EXTREMES)).to_bytes(4, "little")
        elif kind == 3:
            other = int(rng.integers(len(changed) - 4)) & ~3
            changed[place & ~3 : (place & ~3) + 4] = changed[other : other + 4]
        elif kind == 4:
            word = int.from_bytes(changed[place & ~3 : (place & ~3) + 4], "little") + int(rng.integers(-64, 65))
            changed[place & ~3 : (place & ~3) + 4] = (word & 0xFFFFFFFF).to_bytes(4, "little")
        elif kind == 5 and rng.integers(4) == 0:
            del changed[max(place, 16) :]
        elif kind > 5:
            # Small numbers in words are sizes, indices or options, so most of these mutants are valid models that
            # differ from the original.
            words = np.flatnonzero(np.frombuffer(changed[: len(changed) & ~3], "<u4") <= 64)
            if not words.size:
                continue  # the file was truncated
            place = 4 * int(rng.choice(words))
            word = 1 << int(rng.integers(32)) if kind == 6 else int(rng.integers(-2, 9)) & 0xFFFFFFFF
            changed[place : place + 4] = word.to_bytes(4, "little")
    return bytes(changed)


def small(graph) -> bool:
    """Return whether the graph is small enough to run quickly."""
    return sum(tensor.size for tensor in graph.tensors) < 1 << 16


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*GRAPHS, *OPERATORS])
def test_mutants_are_refused_or_run(name):
    rng = np.random.default_rng(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(MUTANTS):
        draw = Draw(seed)
        original = GRAPHS[name](seed) if name in GRAPHS else import_module(f"tests.operators.{name}").case(draw)
        data = mutate(original, rng)
        graph = soon(seed, partial(load_graph, data, "mutant"), ModelError)
        if graph is None:
            continue
        soon(
            seed,
            partial(compile_graph, graph, "net", isa=ISAS[seed % 3]),
            (BuildError, ModelError),
        )
        if small(graph):
            try:
                with np.errstate(all="ignore"):
                    written = Simulator(graph).run(list(inputs(graph, draw)))
            except ModelError as error:
                assert "the loop has not ended" in str(error), f"seed {seed}"
                continue
            for index, values in written.items():
                tensor = graph.tensors[index]
                assert values.shape == tensor.shape and values.dtype == tensor.dtype
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < KIB


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", OTHERWISE)
def test_mutants_are_streamed_or_computed_in_bands_or_refused(name):
    rng = np.random.default_rng(2)
    for seed in range(MUTANTS):
        data = mutate(OTHERWISE[name](seed), rng)
        graph = soon(seed, partial(load_graph, data, "mutant"), ModelError)
        if graph is None:
            continue
        isa, refusals = ISAS[seed % 3], (BuildError, ModelError)
        soon(seed, partial(compile_stream, graph, "net", isa=isa, rows=(1, 4, 32)[seed % 3]), refusals)
        whole = soon(seed, partial(compile_graph, graph, "net", isa=isa), refusals)
        if whole is not None and (arena := whole.facts["arena_bytes"]):
            share = rng.choice((0.5, 0.7, 0.9))
            soon(seed, partial(compile_graph, graph, "net", isa=isa, memory=int(share * arena)), refusals)


def soon(seed, work, errors):
    """Return the result of `work`, or None if it refuses the mutant with a short error of a type in `errors`.

    `work` must finish within SECONDS of processor time.
    """
    start = time.process_time()
    try:
        return work()
    except errors as error:
        head, *lines = str(error).split("\n")
        assert head.startswith("mutant: ") and all(map(str.isprintable, [head, *lines])), f"seed {seed}"
        assert not lines or head == f"mutant: {len(lines)} obstacles:" or lines[-1].startswith("  and "), f"seed {seed}"
        return None
    finally:
        assert time.process_time() - start < SECONDS, f"seed {seed}"


def test_ranks_that_do_not_fit_are_refused():
    """A regression test for a bug that was found by mutants."""
    for name, shapes, options in (
        ("CONCATENATION", [(3,), ()], "ConcatenationOptions"),
        ("SOFTMAX", [()], None),
        ("LOG_SOFTMAX", [()], None),
    ):
        draw = Draw(1)
        quantisation = {"SOFTMAX": (1 / 256, -128), "LOG_SOFTMAX": (1 / 16, 127)}.get(name, (0.5, 0))
        sources = [draw.model.tensor(shape, "int8", *quantisation) for shape in shapes]
        target = draw.model.tensor((4,) if len(shapes) > 1 else (), "int8", *quantisation)
        draw.model.operator(name, sources, [target], options)
        with pytest.raises(ModelError, match=f"operator 0 .{name}.: .*(shape|axis)"):
            load_graph(draw.finish(sources, [target]))


def test_every_truncation_is_refused():
    data = small_network()
    for size in range(0, len(data) - 4, 7):
        with pytest.raises(ModelError):
            load_graph(data[:size], "mutant")


@pytest.mark.parametrize("position", range(0, 64, 4))
@pytest.mark.parametrize("word", _EXTREMES)
def test_extreme_words_at_the_root(position, word):
    data = bytearray(small_network())
    data[position : position + 4] = word.to_bytes(4, "little")
    try:
        load_graph(bytes(data), "mutant")
    except ModelError:
        return
    # Other positions hold padding or an optional part of the header.
    assert load_graph(bytes(data), "mutant").operators
