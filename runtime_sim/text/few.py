"""The letter network without NumPy. For a few words, importing NumPy would take longer than reading them.

The arithmetic is the same as on the watch (`text_network.c`), and the results equal those of `letters.Letters`. A dense
layer adds up its rows of weights, each multiplied by one input. A row is one Python integer with DIGIT bytes per
weight.
"""

from __future__ import annotations

import io
import re
import zipfile
from array import array
from operator import mul

from ticktalk.runtime_sim.text.match import ASCII, MORE

SHIFT = 20  # right shift after multiplying an accumulator by its scale
HALF = 1 << (SHIFT - 1)
WINDOW, TAPS = 5, 7  # letters
DIGIT = 4  # bytes
ZERO = 1 << (8 * DIGIT - 1)  # added to each sum, so that no digit is negative
IDS = {c: k for k, c in enumerate(ASCII + MORE, 1)}  # 0: no letter
_OFFSET = 128  # added to each weight
_FLIPPED = bytes(k ^ _OFFSET for k in range(256))
_TYPES = {"|i1": "b", "<i4": "i"}
_HEADER = re.compile(rb"\{'descr': '(\|i1|<i4)', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n")


class FewLetters:
    """The letter network of a pack.

    contents: the file with its tables, as `letters.Letters` describes them.
    chunks: the phonemes of each output.

    Raises one of several exceptions if the file is corrupt. `Letters` then reports the error.
    """

    def __init__(self, contents: bytes, chunks: list[str]):
        with zipfile.ZipFile(io.BytesIO(contents)) as archive:
            tables = {info.filename.removesuffix(".npy"): _table(archive.read(info)) for info in archive.infolist()}
        blocks = range(sum(name.startswith("taps_bias") for name in tables))
        self.chunks = chunks
        self.mains = ["ˈ" in chunk for chunk in chunks]
        size = len(tables["embedding_bias"])
        self.embedding = [tables["embedding"][k : k + size] for k in range(0, len(tables["embedding"]), size)]
        self.symbols = len(self.embedding) // WINDOW
        self.first = list(zip(tables["embedding_bias"], tables["embedding_scale"], strict=True))
        self.blocks = [
            (_columns(tables, f"taps{b}"), _Dense(tables, "up", b), _Dense(tables, "down", b), tables[f"skip{b}"][0])
            for b in blocks
        ]
        self.out = _Dense(tables, "out")

    def read(self, words: list[str]) -> list[str]:
        """Return the phonemes of several words that consist of letters."""
        return [self._read(word) if word else "" for word in words]

    def _read(self, word: str) -> str:
        best: list[dict[bool, tuple[int, int]]] = []  # for each letter and stress: the best score and its chunk
        for row in self._rows(word):
            found: dict[bool, tuple[int, int]] = {}
            for k, (total, scale) in enumerate(zip(self.out.sums(row), self.out.scales)):
                score, main = (total * scale + HALF) >> SHIFT, self.mains[k]
                if main not in found or score > found[main][0]:
                    found[main] = score, k
            best.append(found)
        gains = [found[True][0] - found[False][0] for found in best]
        place = gains.index(max(gains))
        return "".join(self.chunks[found[k == place][1]] for k, found in enumerate(best))

    def _rows(self, word: str) -> list[list[int]]:
        """Return the last block's row for each letter."""
        ids = [0, 0, *map(IDS.__getitem__, word), 0, 0]
        rows = []
        for at in range(len(word)):
            found = [self.embedding[k * self.symbols + ids[at + k]] for k in range(WINDOW)]
            rows.append(
                [
                    min(max(((sum(many) + bias) * scale + HALF) >> SHIFT, 0), 127)
                    for many, (bias, scale) in zip(zip(*found), self.first)
                ]
            )
        outside = [[0] * len(self.first)] * (TAPS // 2)
        for taps, up, down, skip in self.blocks:
            around = [*outside, *rows, *outside]
            for at, row in enumerate(rows):
                near = [
                    min(max(((sum(map(mul, weights, column)) + bias) * scale + HALF) >> SHIFT, -127), 127)
                    for column, (weights, bias, scale) in zip(zip(*around[at : at + TAPS]), taps)
                ]
                inner = [
                    min(max((total * scale + HALF) >> SHIFT, 0), 127) for total, scale in zip(up.sums(near), up.scales)
                ]
                rows[at] = [
                    min(max((total * scale + here * skip + HALF) >> SHIFT, -127), 127)
                    for here, total, scale in zip(row, down.sums(inner), down.scales)
                ]
        return rows


def _table(contents: bytes) -> array:
    """Return the numbers of a table in NumPy's format, row by row."""
    header = _HEADER.match(contents, 10)
    if not header or contents[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError("the table is not int8 or int32")
    return array(_TYPES[header[1].decode()], contents[header.end() :])


def _columns(tables: dict[str, array], name: str) -> list[tuple[array, int, int]]:
    """Return the weights, bias and scale of each channel of a depthwise layer."""
    kind, block = name[:-1], name[-1]
    biases, scales = tables[f"{kind}_bias{block}"], tables[f"{kind}_scale{block}"]
    weights = tables[name]
    return [
        (weights[k :: len(biases)], bias, scale) for k, (bias, scale) in enumerate(zip(biases, scales, strict=True))
    ]


class _Dense:
    """A dense layer. `scales` are the scales of the outputs."""

    def __init__(self, tables: dict[str, array], name: str, block: int | str = ""):
        weights = tables[f"{name}{block}"].tobytes().translate(_FLIPPED)
        biases, self.scales = tables[f"{name}_bias{block}"], tables[f"{name}_scale{block}"]
        self._outputs = len(biases)
        self._rows = [self._number(weights[k : k + self._outputs]) for k in range(0, len(weights), self._outputs)]
        self._zeros = ZERO * self._number(b"\1" * self._outputs)
        self._biases = [bias - ZERO for bias in biases]

    def _number(self, digits: bytes) -> int:
        spread = bytearray(DIGIT * self._outputs)
        spread[::DIGIT] = digits
        return int.from_bytes(spread, "little")

    def sums(self, inputs: list[int]) -> list[int]:
        """Return the sum of each output, with its bias."""
        total = sum(map(mul, inputs, self._rows), self._zeros)
        digits = array("I", total.to_bytes(DIGIT * self._outputs, "little"))
        less = _OFFSET * sum(inputs)
        return [digit + bias - less for digit, bias in zip(digits, self._biases)]
