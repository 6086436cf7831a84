"""The network that predicts the phonemes of words that are not in the lexicon, in integer arithmetic.

The rows are the letters of a word, and each row yields one chunk of phonemes. The first layer adds up one embedding per
position, from two letters before to two letters after. Each block consists of a depthwise convolution over seven
letters, an expansion layer, a projection layer and a residual connection. Positions outside the word are zero. Each
word has exactly one primary stress, on the letter where a stressed chunk lowers the score the least.
"""

from __future__ import annotations

import numpy as np

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.few import IDS, SHIFT, TAPS, WINDOW

UNIT = 2.0**-SHIFT
MOST_SUM = 1 << 24  # limit of an accumulator: float32 holds all smaller integers exactly
MOST = 2.0**30  # limit for a scaled accumulator, which must fit in 32 bits in C
EDGE = TAPS // 2  # rows of zeros between two words
TOGETHER = 32  # words per run, few enough that all rows stay in the processor's cache
_PLACES, _TAPS = np.arange(WINDOW), np.arange(TAPS) - EDGE
MOST_LETTERS = 32
DENSE = ("up", "down", "out")  # layers with four-bit weights
STEP = 16  # weights of these layers are multiples of 16, because they use the high half of an int8
EIGHT = 8  # the number of inputs of these layers is a multiple of 8
_IDS = np.zeros(256, np.intp)  # by code point: the number of each letter
_IDS[[ord(c) for c in IDS]] = list(IDS.values())
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

    tables: embedding int8 [5, letters + 1, C], taps0 int8 [7, C], up0 int8 [C, E], down0 int8 [E, C] ..., out int8
    [C, K], of which the DENSE ones are multiples of STEP, and C and E multiples of EIGHT; int32 biases in the scale of
    the accumulators; int32 scales that multiply the accumulators before the right shift by SHIFT.
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
            (name, b): self._layer(name, b, where)
            for name, b in [("embedding", ""), ("out", "")]
            + [(name, b) for name in ("taps", "up", "down") for b in range(self.blocks)]
        }
        self.skips = [float(tables[f"skip{b}"]) * UNIT for b in range(self.blocks)]

    def _layer(self, name: str, block: int | str, where: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the weights of a layer in float32, its scale, and its scaled bias with 1/2 for rounding in float64.

        All values are exact. The accumulators, which are integers below MOST_SUM, and their products with the scale are
        exact as well.
        """
        weights, bias, scale = (self.tables[f"{name}{part}{block}"].astype(float) for part in ("", "_bias", "_scale"))
        if name in DENSE and (np.any(weights % STEP) or len(weights) % EIGHT):
            raise LanguageError(
                f"{where}: table '{name}{block}' must have weights that are multiples of {STEP} and a number of inputs "
                f"that is a multiple of {EIGHT}; train the network again"
            )
        most = 127 * np.abs(weights).reshape(-1, len(bias)).sum(0)
        if np.max(most) >= MOST_SUM or np.max((most + np.abs(bias)) * np.abs(scale)) * UNIT >= MOST:
            raise LanguageError(f"{where}: the weights, biases or scales of table '{name}{block}' are too large")
        return weights.astype(np.float32), scale * UNIT, bias * scale * UNIT + 0.5

    def scores(self, words: list[str]) -> np.ndarray:
        """Return the score of each chunk for each letter: float64 [letters of all words, K], with integer values.

        The words consist of letters. The rows of the words are consecutive.
        """
        gap = "\0" * EDGE
        ids = _IDS[np.frombuffer(gap.join(["", *words, ""]).encode("latin-1"), np.uint8)]
        at = np.flatnonzero(ids)
        weights, scale, bias = self.layers["embedding", ""]
        h = _rounded(weights[_PLACES, ids[at[:, None] + _PLACES - WINDOW // 2]].sum(1), scale, bias, 0)
        rows = np.zeros((len(ids), h.shape[1]), np.float32)
        around = at[:, None] + _TAPS
        for b, skip in enumerate(self.skips):
            rows[at] = h
            weights, scale, bias = self.layers["taps", b]
            u = _rounded(np.einsum("rkc,kc->rc", rows[around], weights), scale, bias, -127)
            weights, scale, bias = self.layers["up", b]
            z = _rounded(u @ weights, scale, bias, 0)
            weights, scale, bias = self.layers["down", b]
            h = _rounded(z @ weights, scale, bias + np.multiply(h, skip, dtype=float), -127)
        weights, scale, bias = self.layers["out", ""]
        return np.floor((h @ weights) * scale + bias)

    def __call__(self, word: str) -> str:
        """Return the phonemes of a word that consists of letters."""
        return self.read([word])[0]

    def read(self, words: list[str]) -> list[str]:
        """Return the phonemes of several words. The phonemes do not depend on which words are read together."""
        said: list[str] = []
        for k in range(0, len(words), TOGETHER):
            said += self._read([word for word in words[k : k + TOGETHER] if word])
        if len(said) < len(words):
            left = iter(said)
            return [next(left) if word else "" for word in words]
        return said

    def _read(self, words: list[str]) -> list[str]:
        if not words:
            return []
        scores = self.scores(words)
        others, mains = scores[:, self.others], scores[:, self.mains]
        chosen, main = others.argmax(1), mains.argmax(1)
        rows = np.arange(len(scores))
        gain = (mains[rows, main] - others[rows, chosen]).tolist()
        plain, stressed = self.others[chosen].tolist(), self.mains[main].tolist()
        said, start = [], 0
        for word in words:
            end = start + len(word)
            place = max(range(start, end), key=gain.__getitem__)
            plain[place] = stressed[place]
            said.append("".join([self.chunks[c] for c in plain[start:end]]))
            start = end
        return said


def _rounded(total: np.ndarray, scale: np.ndarray, bias: np.ndarray, low: int) -> np.ndarray:
    """Return total * scale + bias in float32, rounded down, in the range `low` to 127."""
    scaled = total * scale
    scaled += bias
    np.floor(scaled, out=scaled)
    np.maximum(scaled, low, out=scaled)
    return np.minimum(scaled, 127, out=np.empty(scaled.shape, np.float32))
