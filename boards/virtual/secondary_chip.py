"""A virtual flash chip that receives commands over a serial line and exchanges data through shared memory.

Firmware on an emulated board uses this chip as its secondary slot. There is no such chip in reality. Shared memory
avoids transferring all bytes over an emulated UART, which is slow. The commands and responses are documented in
firmware_gen/templates/device/drivers/virtual_chip/slots.c. The chip refuses the same operations as real flash
(nor_flash.py).
"""

import struct

from ticktalk.boards.virtual.nor_flash import FlashError, Slot

_ORDER = struct.Struct("<cII")
DONE, REFUSED = 0, 1


class SecondaryChip:
    """The chip. `window` is the shared memory: a page, and a byte for the response."""

    def __init__(self, slot: Slot, window: memoryview):
        self._slot, self._window, self._orders = slot, window, b""

    def feed(self, data: bytes) -> None:
        """Execute the commands that `data` completes, and refuse unknown ones. May raise `PowerCut`."""
        self._orders += data
        while len(self._orders) >= _ORDER.size:
            order, self._orders = _ORDER.unpack_from(self._orders), self._orders[_ORDER.size :]
            self._window[-1] = DONE if self._obey(*order) else REFUSED

    def _obey(self, letter: bytes, offset: int, size: int) -> bool:
        if size >= len(self._window):
            return False
        try:
            match letter:
                case b"E":
                    self._slot.erase(offset, size)
                case b"P":
                    self._slot.program(offset, bytes(self._window[:size]))
                case b"R":
                    self._window[:size] = self._slot.read(offset, size)
                case _:
                    return False
        except FlashError:
            return False
        return True
