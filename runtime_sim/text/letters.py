"""The network that predicts the phonemes of words that are not in the lexicon, in integer arithmetic.

The rows are the letters of a word, and each row yields one chunk of phonemes. The first layer adds up one embedding per
position, from two letters before to two letters after. Each block consists of a depthwise convolution over seven
letters, an expanding layer, a projecting layer and a residual connection. Positions outside the word are zero. Each
word has exactly one main stress, on the letter where choosing a stressed chunk lowers the score the least.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ticktalk.runtime_sim.errors import LanguageError

SHIFT = 20  # right shift after multiplying an accumulator by its scale
HALF, UNIT = float(1 << (SHIFT - 1)), 2.0**-SHIFT
WINDOW, TAPS = 5, 7
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

    Raises `LanguageError` if a table is missing or does not match.
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
        # Accumulators stay below 2^22 and scales below 2^31, so their products are exact in float64.
        self.exact = {name: t.astype(np.float64) for name, t in tables.items()}
        for b in range(self.blocks):
            self.exact[f"taps{b}"] = np.ascontiguousarray(self.exact[f"taps{b}"].T)

    def scores(self, words: list[str]) -> np.ndarray:
        """Return the score of each chunk for each letter: float64 [words, letters, K], holding integers.

        All words must have the same length and consist of the letters a to z.
        """
        t = self.exact
        size, edge, pad = len(words[0]), WINDOW // 2, TAPS // 2
        ids = np.zeros((len(words), size + 2 * edge), np.intp)
        ids[:, edge : edge + size] = [[ord(c) - 96 for c in word] for word in words]
        total = t["embedding_bias"] + sum(t["embedding"][k][ids[:, k : k + size]] for k in range(WINDOW))
        h = np.clip(_scaled(total, t["embedding_scale"]), 0, 127)
        rows = np.zeros((len(words), size + 2 * pad, h.shape[2]))
        one, row, channel = rows.strides
        places = as_strided(rows, (len(words), size, h.shape[2], TAPS), (one, row, channel, row), writeable=False)
        for b in range(self.blocks):
            rows[:, pad : pad + size] = h
            total = (places * t[f"taps{b}"]).sum(3) + t[f"taps_bias{b}"]
            u = np.clip(_scaled(total, t[f"taps_scale{b}"]), -127, 127)
            z = np.clip(_scaled(u @ t[f"up{b}"] + t[f"up_bias{b}"], t[f"up_scale{b}"]), 0, 127)
            total = (z @ t[f"down{b}"] + t[f"down_bias{b}"]) * t[f"down_scale{b}"] + h * t[f"skip{b}"]
            h = np.clip(np.floor((total + HALF) * UNIT), -127, 127)
        return _scaled(h @ t["out"] + t["out_bias"], t["out_scale"])

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


def _scaled(total: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.floor((total * scale + HALF) * UNIT)
