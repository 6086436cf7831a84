"""The C tables of a language pack: codes of characters, pools of strings, and the constants written so far.

Each distinct string is stored once in a pool and referenced by its offset. Characters are folded: ASCII characters keep
their codes, and the other characters in the rules are numbered from 128. Phonemes are numbered from 1, in the order of
`symbols`, and the marks of emphasis after them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.match import ASCII, LETTERS

FIRST_OTHER = 128  # code of the first folded character that is not ASCII
# Size of each C type on a 32-bit core, in bytes.
BYTES = {
    "tx_letters": 8,
    "int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "tx_str": 2, "int32_t": 4, "uint32_t": 4, "uint64_t": 8,
    "tx_entry": 4, "tx_table": 4, "struct ticktalk_word": 8, "tx_rule": 6, "tx_verb": 4, "tx_weak": 8, "tx_range": 12,
    "tx_ending": 24,
}  # fmt: skip


class Pool:
    """A pool of zero-terminated byte strings. A string at the end of another one takes no additional space.

    `strings` lists the strings to place first.
    """

    def __init__(self, strings: Iterable[bytes] = ()) -> None:
        self.data, self.places = bytearray(b"\0"), {b"": 0}
        before = b""
        for text in sorted(strings, key=lambda text: text[::-1], reverse=True):
            if text and before.endswith(text):
                self.places[text] = self.places[before] + len(before) - len(text)
            self.add(text)
            before = text

    def add(self, text: bytes) -> int:
        if text not in self.places:
            self.places[text] = len(self.data)
            self.data += text + b"\0"
        return self.places[text]


class Tables:
    """The C tables of one front end.

    `code` maps each folded character to its code. `number` maps each phoneme and mark to its number. `parts` lists the
    definitions written so far, and `bytes` maps each section to its flash use in
    bytes; `section` is the one being written.
    """

    def __init__(self, frontend: Frontend):
        self.frontend = frontend
        self.code = {chr(k): k for k in range(1, FIRST_OTHER)}
        kept = [c for c in frontend.pack.characters["keep"] if c not in LETTERS]
        more = frontend.letters_beyond_ascii
        self.code.update(
            {c: FIRST_OTHER + k for k, c in enumerate([*kept, *(c for m in more for c in (m, m.upper()))])}
        )
        self.first_more = FIRST_OTHER + len(kept)
        self.alphabet = ASCII + more
        self.symbols = frontend.symbols
        for c in frontend.alphabet:
            self.code.setdefault(c, len(self.code) + 1)
        self.number = {c: k for k, c in enumerate(self.symbols, 1)}
        self.pool, self.sounds = Pool(), Pool()
        self.parts: list[str] = []
        self.bytes: dict[str, int] = {}
        self.section = ""

    def text(self, text: str) -> int:
        """Return the pool offset of a folded string."""
        return self.pool.add(self.coded(text))

    def coded(self, text: str) -> bytes:
        """Return the codes of a folded string, by which the C code compares strings."""
        return bytes(self.code[c] for c in text)

    def sound(self, said: str) -> int:
        """Return the pool offset of a phoneme string."""
        return self.sounds.add(bytes(self.number[c] for c in said))

    def said(self, words: str) -> int:
        """Return the pool offset of the words that a rule speaks, converted to lower case."""
        return self.text(words.lower())

    def array(self, kind: str, name: str, values: Iterable, columns: int = 24) -> None:
        """Add a const array. An empty array gets a single 0, because C does not allow empty arrays."""
        cells = [v if isinstance(v, str) else str(int(v)) for v in values] or ["0"]
        rows = [", ".join(cells[k : k + columns]) for k in range(0, len(cells), columns)]
        self.parts.append(f"const {kind} {name}[{len(cells)}] = {{\n    " + ",\n    ".join(rows) + ",\n};")
        self._count(kind, len(cells))

    def value(self, kind: str, name: str, value: int) -> None:
        """Add a const number."""
        self.parts.append(f"const {kind} {name} = {int(value)};")
        self._count(kind, 1)

    def _count(self, kind: str, values: int) -> None:
        kind = block_types(self.frontend).get(kind, kind)
        self.bytes[self.section] = self.bytes.get(self.section, 0) + BYTES[kind] * values


def block_types(frontend: Frontend) -> dict[str, str]:
    """Return the C types `tx_bias` and `tx_scale` of the network's blocks, the smallest ones that hold all values."""
    tables, blocks = frontend.pack.letters, frontend.letters.blocks
    types = {}
    for part, small in (("bias", np.int16), ("scale", np.uint16)):
        values = np.concatenate([tables[f"{name}_{part}{b}"] for name in ("taps", "up", "down") for b in range(blocks)])
        fits = np.array_equal(values.astype(small), values)
        types[f"tx_{part}"] = f"{np.dtype(small).name}_t" if fits else "int32_t"
    return types
