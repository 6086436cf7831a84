"""Train the letter network on one core with a small C program, and quantise the network to integers."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.converter.packs.align import LONGEST
from ticktalk.converter.packs.sources import Entry, held_out
from ticktalk.runtime_sim.text.few import IDS
from ticktalk.runtime_sim.text.letters import DENSE, MOST_LETTERS, SHIFT, STEP, TAPS, WINDOW, Letters
from ticktalk.system import processes

OUTPUTS = 96  # a multiple of 16
BITS, CLIP = 4, 2.7  # for dense layers: bits per weight; largest weight relative to its output's RMS weight
# number of training steps, and the first step that uses quantised weights and activations
STEPS, INTEGER_FROM = 60_000, 24_000
RATE, DROPPED = 3e-3, 0.0
TRAINER = Path(__file__).parent / "train.c"
FLAGS = ["-O3", "-march=native", "-ffast-math", "-fno-aggressive-loop-optimizations"]


class Shape(NamedTuple):
    """The size of a network: number of channels of its rows and of its hidden layers (multiples of 16), and number of
    blocks."""

    channels: int
    hidden: int
    blocks: int


def train(
    words: dict[str, Entry],
    chunks: list[str],
    aligned: dict[str, list[str]],
    uses: dict[str, float],
    shape: Shape,
    letters: int = 26,
) -> bytes:
    """Train a network and return the trainer's final state: step, activation ranges and weights.

    `letters` is the number of letters of the alphabet. The network of `en-us` takes about half an hour on one core;
    smaller networks take less time. Raises DistillError if there are too many chunks or the trainer fails.
    """
    number = {chunk: k for k, chunk in enumerate(chunks)}
    if len(chunks) > OUTPUTS:
        raise DistillError(f"letters map to {len(chunks)} phoneme chunks, but the network has {OUTPUTS} outputs")
    rows = []
    for word, parts in sorted(aligned.items()):
        gold = words[word].gold
        if len(word) > LONGEST or (gold and held_out(word)):
            continue
        often = min(6, max(0, int(2 * (uses[word] - 1.5))))
        weight = (10 if gold else 5) + often if gold or uses[word] > 0 else 4
        rows.append(
            bytes([len(word), min(16, weight), not gold])
            + bytes(map(IDS.__getitem__, word)).ljust(LONGEST, b"\0")
            + bytes(number[part] for part in parts).ljust(LONGEST, b"\0")
        )
    with tempfile.TemporaryDirectory() as folder:
        data, state, program = (Path(folder) / name for name in ("words", "state", "train"))
        data.write_bytes(struct.pack("<ii", len(rows), len(chunks)) + b"".join(rows))
        sizes = [f"-DC={shape.channels}", f"-DE={shape.hidden}", f"-DNB={shape.blocks}", f"-DLET={letters + 1}"]
        sizes += [f"-DBITS={BITS}", f"-DCLIP={CLIP}f"]
        for command in (
            ["cc", *FLAGS, *sizes, "-o", str(program), str(TRAINER), "-lm"],
            [str(program), str(data), str(state), "1e9", str(STEPS), str(INTEGER_FROM), str(RATE), str(DROPPED)],
        ):
            done = processes.run(command)
            if done.returncode:
                raise DistillError(f"the network cannot be trained: {done.stderr.decode(errors='replace').strip()}")
        return state.read_bytes()


def integers(state: bytes, outputs: int, shape: Shape, letters: int = 26) -> dict[str, np.ndarray]:
    """Convert the trainer's state to the integer tables that `Letters` reads."""
    channels, hidden, blocks = shape
    ranges = np.frombuffer(state, np.float32, 2 * blocks + 2, 16).astype(np.float64) / 127
    at = 16 + ranges.nbytes // 2  # the weights

    def take(*shape: int) -> np.ndarray:
        nonlocal at
        size = int(np.prod(shape))
        values = np.frombuffer(state, np.float32, size, at).astype(np.float64).reshape(shape)
        at += 4 * size
        return values

    tables: dict[str, np.ndarray] = {}

    def put(name: str, weights: np.ndarray, bias: np.ndarray, before: float, behind: float, number: str = "") -> None:
        flat = weights.reshape(-1, weights.shape[-1])
        most = np.maximum(np.abs(flat).max(0), 1e-9)
        if name in DENSE:
            most = np.minimum(most, CLIP * np.sqrt((flat**2).mean(0)) + 1e-9)
            levels = (1 << (BITS - 1)) - 1
            scale = most / (levels * STEP)
            tables[name + number] = (np.clip(np.rint(weights / most * levels), -levels, levels) * STEP).astype(np.int8)
        else:
            scale = most / 127
            tables[name + number] = np.rint(weights / scale).astype(np.int8)
        tables[f"{name}_bias{number}"] = np.rint(bias / (scale * before)).astype(np.int32)
        tables[f"{name}_scale{number}"] = np.rint(scale * before / behind * (1 << SHIFT)).astype(np.int32)

    embedding, bias = take(WINDOW, letters + 1, channels), take(channels)
    take(channels)  # skip the offset for words from the unchecked lexicon, which is used only in training
    put("embedding", embedding, bias, 1.0, ranges[0])
    here = ranges[0]
    for b in range(blocks):
        out, up, down = ranges[2 * blocks + 1], ranges[1 + 2 * b], ranges[2 + 2 * b]
        put("taps", take(TAPS, channels), take(channels), here, up, str(b))
        put("up", take(channels, hidden), take(hidden), up, down, str(b))
        put("down", take(hidden, channels), take(channels), down, out, str(b))
        tables[f"skip{b}"] = np.array(round(here / out * (1 << SHIFT)), np.int32)
        here = out
    weights, bias = take(channels, OUTPUTS)[:, :outputs], take(OUTPUTS)[:outputs]
    put("out", weights, bias, here, 1 / 256)
    return tables


def guesses(letters: Letters, words: Iterable[str]) -> dict[str, str]:
    """Return the network's prediction for each word, omitting words that are too long for it."""
    short = [word for word in words if len(word) <= MOST_LETTERS]
    return dict(zip(short, letters.read(short)))
