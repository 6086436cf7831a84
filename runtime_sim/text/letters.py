"""The network that predicts the phonemes of words that are not in the lexicon, in integer arithmetic.

The rows are the letters of a word, and each row yields one chunk of phonemes. The first layer adds up one embedding per
position, from two letters before to two letters after. Each block consists of a depthwise convolution over seven
letters, an expansion layer, a projection layer and a residual connection. Positions outside the word are zero. Each
word has exactly one primary stress, on the letter where choosing a stressed chunk lowers the score the least.
"""

from __future__ import annotations

import numpy as np

from ticktalk.runtime_sim.errors import LanguageError

SHIFT = 20  # right shift after multiplying an accumulator by its scale
UNIT = 2.0**-SHIFT
MOST = 2.0 ** (52 - SHIFT)  # limit for a scaled accumulator, half of what float64 represents exactly
WINDOW, TAPS = 5, 7
_PLACES = np.arange(WINDOW)[:, None]
MOST_LETTERS = 32
ALPHABET = "\0abcdefghijklmnopqrstuvwxyz"
TABLES = {
    "embedding": "int8",
    "embedding_bias": "int32",
    "embedding_scale": "int32",
    "out": "int8",
    "out_bias": "int32",
    "out_scale": "int32",
}
BLOCK = {
    "taps": "int8", "taps_bias": "int32", "taps_scale": "int32",
    "up": "int8", "up_bias": "int32", "up_scale": "int32",
    "down": "int8", "down_bias": "int32", "down_scale": "int32", "skip": "int32",
}  # fmt: skip


class Letters:
    """The letter network of a pack.

    tables: embedding int8 [5, 27, C], taps0 int8 [7, C], up0 int8 [C, E], down0 int8 [E, C] ..., out int8 [C, K];
    int32 biases in the scale of the accumulators; int32 scales that multiply the accumulators before the right shift
    by SHIFT.
    chunks: the phonemes of each of the K outputs.

    Raises `LanguageError` if a table is missing or has the wrong dtype or shape.
    """

    def __init__(self, tables: dict[str, np.ndarray], chunks: list[str], where: str = "letters"):
        self.blocks = sum(name.startswith("taps_bias") for name in tables)
        names = {**TABLES, **{f"{name}{b}": kind for b in range(self.blocks) for name, kind in BLOCK.items()}}
        for name, kind in names.items():
            if name not in tables or tables[name].dtype != kind:
                raise LanguageError(f"{where}: table '{name}' is missing or is not {kind}")
        if tables["out"].shape[1] != len(chunks):
            raise LanguageError(f"{where}: {tables['out'].shape[1]} outputs, but {len(chunks)} chunks")
        self.chunks = chunks
        self.tables = tables
        self.mains = np.array([k for k, chunk in enumerate(chunks) if "ˈ" in chunk])
        self.others = np.array([k for k, chunk in enumerate(chunks) if "ˈ" not in chunk])
        self.layers = {
            (name, b): self._folded(name, b, where)
            for name, b in [("embedding", ""), ("out", "")]
            + [(name, b) for name in ("taps", "up", "down") for b in range(self.blocks)]
        }
        self.skips = [float(tables[f"skip{b}"]) * UNIT for b in range(self.blocks)]

    def _folded(self, name: str, block: int | str, where: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights and the bias of a layer, multiplied by its scale, with 1/2 added to the bias for rounding.

        Scaling by UNIT is exact, and so are the float64 accumulators, because they stay below 2^53 units.
        """
        weights, bias, scale = (self.tables[f"{name}{part}{block}"] for part in ("", "_bias", "_scale"))
        weights, bias = weights * (scale * UNIT), bias * (scale * UNIT)
        if np.max(127 * np.abs(weights).reshape(-1, len(bias)).sum(0) + np.abs(bias)) >= MOST:
            raise LanguageError(f"{where}: the scales of table '{name}{block}' are too large")
        return weights, bias + 0.5

    def scores(self, words: list[str]) -> np.ndarray:
        """Return the score of each chunk for each letter: float64 [words, letters, K], with integer values.

        All words must have the same length and consist of the letters a to z.
        """
        size, edge, pad = len(words[0]), WINDOW // 2, TAPS // 2
        ids = np.zeros((len(words), size + 2 * edge), np.intp)
        ids[:, edge : edge + size] = [[ord(c) - 96 for c in word] for word in words]
        weights, bias = self.layers["embedding", ""]
        h = _rounded(weights[_PLACES, ids[:, _PLACES + np.arange(size)]].sum(1) + bias, 0)
        rows = np.zeros((len(words), size + 2 * pad, h.shape[2]))
        for b, skip in enumerate(self.skips):
            rows[:, pad : pad + size] = h
            weights, bias = self.layers["taps", b]
            total = rows[:, :size] * weights[0]
            for k in range(1, TAPS):
                total += rows[:, k : k + size] * weights[k]
            total += bias
            weights, bias = self.layers["up", b]
            total = _rounded(total, -127) @ weights
            total += bias
            weights, bias = self.layers["down", b]
            total = _rounded(total, 0) @ weights
            total += bias
            h *= skip
            total += h
            h = _rounded(total, -127)
        weights, bias = self.layers["out", ""]
        return np.floor(h @ weights + bias)

    def __call__(self, word: str) -> str:
        """Return the phonemes of a word that consists of the letters a to z."""
        return self.read([word])[0] if word else ""

    def read(self, words: list[str]) -> list[str]:
        """Return the phonemes of several words of equal length."""
        scores = self.scores(words)
        others, mains = scores[:, :, self.others], scores[:, :, self.mains]
        chosen = self.others[others.argmax(2)]
        places = (mains.max(2) - others.max(2)).argmax(1)
        each = np.arange(len(words))
        chosen[each, places] = self.mains[mains[each, places].argmax(1)]
        return ["".join(self.chunks[c] for c in row) for row in chosen]


def _rounded(total: np.ndarray, low: int) -> np.ndarray:
    """Round down in place and clamp to the range `low` to 127."""
    np.floor(total, out=total)
    np.maximum(total, low, out=total)
    return np.minimum(total, 127, out=total)
