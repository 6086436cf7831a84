"""Canonical prefix codes and the bits that are written in them."""

from __future__ import annotations


class Code:
    """A canonical code, read bit by bit. lengths: bits of each symbol, 0 for one that does not occur."""

    def __init__(self, lengths: list[int] | bytes):
        longest = max(lengths, default=0)
        self.symbols = [s for bits in range(1, longest + 1) for s, n in enumerate(lengths) if n == bits]
        self.counts = [sum(n == bits for n in lengths) for bits in range(longest + 1)]
        self.counts[0:1] = [0]

    def read(self, bits: Bits) -> int:
        """The next symbol; bits behind the end are zeros. -1 where no symbol has such a code."""
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
    """Bits of `data` from byte `at` on, the highest of a byte first."""

    def __init__(self, data: bytes, at: int = 0):
        self.data, self.at = data, 8 * at

    def next(self) -> int:
        """The next bit; zero behind the end."""
        byte = self.at >> 3
        bit = self.data[byte] >> (7 - (self.at & 7)) & 1 if byte < len(self.data) else 0
        self.at += 1
        return bit


def written(symbol: int, lengths: list[int]) -> str:
    """The code of `symbol` as a text of 0 and 1; nothing where it is the only one."""
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
