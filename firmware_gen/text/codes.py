"""Canonical prefix codes: bit reader, decoder and code words."""

from __future__ import annotations


class Code:
    """Decodes a canonical prefix code.

    `lengths` holds the code length of each symbol in bits; 0 means that the symbol is unused.
    """

    def __init__(self, lengths: list[int] | bytes):
        longest = max(lengths, default=0)
        self.symbols = [s for bits in range(1, longest + 1) for s, n in enumerate(lengths) if n == bits]
        self.counts = [sum(n == bits for n in lengths) for bits in range(longest + 1)]
        self.counts[0:1] = [0]

    def read(self, bits: Bits) -> int:
        """Return the next symbol, or -1 if the bits match no code."""
        if len(self.symbols) == 1:
            return self.symbols[0]
        code = first = index = 0
        for count in self.counts[1:]:
            code |= bits.next()
            if code - first < count:
                return self.symbols[index + code - first]
            index += count
            first = (first + count) << 1
            code <<= 1
        return -1


class Bits:
    """Reads bits from `data`, starting at byte `at`, most significant bit first."""

    def __init__(self, data: bytes, at: int = 0):
        self.data, self.at = data, 8 * at

    def next(self) -> int:
        """Return the next bit, or 0 if the data has ended."""
        byte = self.at >> 3
        bit = self.data[byte] >> (7 - (self.at & 7)) & 1 if byte < len(self.data) else 0
        self.at += 1
        return bit


def written(symbol: int, lengths: list[int]) -> str:
    """Return the code of `symbol` as a string of 0s and 1s, which is empty if no other symbol is in use."""
    used = [n for n in lengths if n]
    if len(used) == 1:
        return ""
    code = 0
    for bits in range(1, max(lengths) + 1):
        for s, n in enumerate(lengths):
            if n == bits:
                if s == symbol:
                    return f"{code:0{bits}b}"
                code += 1
        code <<= 1
    raise ValueError(f"symbol {symbol} has no code")
