"""The number of instructions that Unicorn has executed, even in the middle of a run.

If `emu_start` is called with a count, Unicorn counts every instruction in a private field, next to the field with the
count at which to stop. This module locates both fields by comparing memory with the expected values after three runs.
"""

import ctypes
import struct

from unicorn import Uc

SEARCHED = 512  # number of words of Unicorn's structure to search; in version 2.1.4, the fields are at word 171
NOP = b"\x00\xbf"
COUNTS = (1237, 1749, 733)


class Counting:
    """Access to the two fields, which are valid only after a run with a count has started.

    The constructor overwrites 4 KiB of memory at `address` with NOPs and executes them.
    """

    def __init__(self, uc: Uc, address: int):
        places = set(range(SEARCHED - 1))
        uc.mem_write(address, NOP * 2048)
        for count in COUNTS:
            uc.emu_start(address | 1, 0xFFFF_FFFF, count=count)
            words = struct.unpack(f"<{SEARCHED}Q", ctypes.string_at(uc._uch.value, 8 * SEARCHED))
            places = {place for place in places if words[place : place + 2] == (count + 1, count)}
        if len(places) != 1:
            raise RuntimeError("cannot find the instruction counter in this version of unicorn; install unicorn 2.1.4")
        self._fields = (ctypes.c_uint64 * 2).from_address(uc._uch.value + 8 * places.pop())

    @property
    def done(self) -> int:
        """The number of instructions of the current run, including the one being executed."""
        return self._fields[0]

    @property
    def limit(self) -> int:
        """The number of instructions after which the run stops."""
        return self._fields[1]

    @limit.setter
    def limit(self, count: int) -> None:
        self._fields[1] = count
