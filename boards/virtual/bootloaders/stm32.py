"""The device side of the boot loader in an STM32's ROM, as specified in AN3155.

The device responds with NACK to a wrong complement or checksum, an address outside the chip's memory, writes to flash
that is protected or not erased, and a page that does not exist. A read-protected chip responds with NACK to all
commands except identification. If bytes of a frame are missing, the ROM waits for them forever.
"""

import struct
from collections.abc import Callable, Generator
from functools import reduce
from operator import xor
from pathlib import Path
from typing import Any, TypedDict, TypeVar, Unpack

from ticktalk.boards.board import Board
from ticktalk.boards.protocols.stm32.client import (
    ACK,
    BLOCK,
    ERASE,
    GET,
    GET_ID,
    GET_VERSION,
    GO,
    NACK,
    READ,
    WAKE,
    WRITE,
)
from ticktalk.boards.virtual.faults import Faults
from ticktalk.boards.virtual.nor_flash import ERASED, FlashError, VirtualFlash
from ticktalk.boards.virtual.simulated_watch import SimulatedWatch, chip_with_mcuboot

VERSION = 0x31
UID = bytes(range(0x30, 0x3C))

Argument = TypeVar("Argument")
Got = TypeVar("Got")
Talk = Generator[int, bytes, None]  # yields the number of bytes that it needs next, and receives them
Handlers = dict[int, Callable[[Any], Talk]]  # handlers by command; each handler receives this dictionary


class Refused(Exception):
    """Raised by a handler to respond to a request with NACK."""


class Stm32Options(TypedDict, total=False):
    """Options of Stm32Rom."""

    protected: range
    locked: bool
    log: Callable[[str], None]


class Stm32Rom:
    """A run of the ROM from power-on to reset.

    `flash` is all of the chip's flash. `protected` contains the numbers of pages that cannot be changed.
    `locked` states whether read protection is enabled. `reset_requested` becomes true when the host starts an
    application.
    """

    def __init__(
        self,
        board: Board,
        flash: VirtualFlash,
        *,
        faults: Faults | None = None,
        protected: range = range(0),
        locked: bool = False,
        log: Callable[[str], None] = lambda line: None,
    ):
        self.reset_requested = False
        self._board, self._flash, self._protected, self._locked, self._log = board, flash, protected, locked, log
        self._faults = faults or Faults()
        self._bytes = self._out = b""
        self._talk = self._session()
        self._wanted = next(self._talk)
        self._chip = chip = board.need_chip()
        held = (chip.flash_size_address, struct.pack("<H", flash.size // 1024)), (chip.uid_address, UID)
        self._registers = {address: value for address, value in held if address is not None}

    def feed(self, data: bytes) -> bytes:
        """Process bytes from the host, and return the response."""
        self._bytes += data
        while len(self._bytes) >= self._wanted and not self.reset_requested:
            taken, self._bytes = self._bytes[: self._wanted], self._bytes[self._wanted :]
            self._wanted = self._talk.send(taken)
        answer, self._out = self._out, b""
        return answer

    def _session(self) -> Talk:
        while (yield 1)[0] != WAKE:  # the ROM cannot determine the baud rate from other bytes
            pass
        self._out += ACK
        handlers: Handlers = {
            GET: self._get,
            GET_VERSION: self._get_version,
            GET_ID: self._get_id,
            READ: self._read,
            GO: self._go,
            WRITE: self._write,
            ERASE: self._erase,
        }
        while True:
            code, complement = (yield 1)[0], (yield 1)[0]
            try:
                handler = handlers.get(code)
                if (
                    handler is None
                    or code ^ complement != 0xFF
                    or (self._locked and code not in (GET, GET_VERSION, GET_ID))
                ):
                    raise Refused
                self._acknowledge()
                yield from handler(handlers)
            except Refused:
                self._out += NACK

    def _acknowledge(self) -> None:
        if self._faults.strikes("nack"):
            raise Refused
        self._out += ACK

    def _get(self, handlers: Handlers) -> Talk:
        self._out += bytes([len(handlers), VERSION, *handlers, *ACK])
        return
        yield

    def _get_version(self, handlers: Handlers) -> Talk:
        self._out += bytes([VERSION, 0, 0, *ACK])
        return
        yield

    def _get_id(self, handlers: Handlers) -> Talk:
        self._out += bytes([1]) + struct.pack(">H", self._chip.ids[0]) + ACK
        return
        yield

    def _address(self) -> Generator[int, bytes, int]:
        frame = yield 5
        if reduce(xor, frame) or self._memory(address := int.from_bytes(frame[:4], "big")) is None:
            raise Refused
        self._acknowledge()
        return address

    def _memory(self, address: int) -> str | None:
        if address in self._registers:
            return "registers"
        return next((m.kind for m in self._board.memories if m.address <= address < m.end), None)

    def _read(self, handlers: Handlers) -> Talk:
        address = yield from self._address()
        count, complement = yield 2
        if count ^ complement != 0xFF:
            raise Refused
        if address in self._registers:
            data = self._registers[address][: count + 1].ljust(count + 1, b"\xff")
        else:
            data = self._of_flash(self._flash.read, address, count + 1)
        self._acknowledge()
        self._out += data

    def _write(self, handlers: Handlers) -> Talk:
        address = yield from self._address()
        count = yield 1
        rest = yield count[0] + 2
        data = rest[:-1]
        if reduce(xor, count + rest) or len(data) % 4 or self._memory(address) != "flash":
            raise Refused
        page = (address - self._board.flash.address) // self._flash.page
        if page in self._protected:
            raise Refused
        self._of_flash(self._flash.program, address, data + bytes([ERASED]) * (-len(data) % self._flash.word))
        self._acknowledge()

    def _erase(self, handlers: Handlers) -> Talk:
        head = yield 2
        count = int.from_bytes(head, "big")
        every = count == 0xFFFF
        if count >= 0xFFF0 and not every:
            raise Refused
        rest = yield 1 if every else 2 * (count + 1) + 1
        if reduce(xor, head + rest):
            raise Refused
        pages = range(self._flash.size // self._flash.page)
        # Smaller pages at the start of flash are all in this simulation's first page.
        numbers = () if every else struct.unpack(f">{count + 1}H", rest[:-1])
        wanted = pages if every else [max(0, number - self._chip.page_offset) for number in numbers]
        if any(page not in pages or page in self._protected for page in wanted):
            raise Refused
        for page in wanted:
            self._flash.erase(page * self._flash.page, self._flash.page)
        self._log(f"{len(wanted)} pages erased")
        self._acknowledge()

    def _go(self, handlers: Handlers) -> Talk:
        address = yield from self._address()
        self._log(f"go to {address:#x}")
        self.reset_requested = True
        yield BLOCK  # never resumed after this, because the ROM has exited

    def _of_flash(self, what: Callable[[int, Argument], Got], address: int, argument: Argument) -> Got:
        try:
            return what(address - self._board.flash.address, argument)
        except FlashError as error:
            self._log(str(error))
            raise Refused from None


def stm32_watch(
    board: Board,
    folder: Path,
    faults: Faults | None = None,
    key: bytes | None = None,
    **options: Unpack[Stm32Options],
) -> SimulatedWatch:
    """Return a watch whose boot pin is held, so the ROM runs after every power-on, and MCUboot after the Go command.

    `options` are for Stm32Rom.
    """
    flash, loader = chip_with_mcuboot(board, folder, faults, key)
    options.setdefault("protected", range((board.slot_address - board.flash.address) // board.page_size))
    return SimulatedWatch(board, flash, loader, lambda: Stm32Rom(board, flash, faults=faults, **options), held=True)
