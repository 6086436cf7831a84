"""The device side of Ambiq's secure boot loader. Where AmbiqSuite does not specify the boot loader's behaviour, this
device is strict.

The device waits forever for the rest of a message. A header with an invalid length is refused and dropped. The device
accepts each byte of an update only once and in order, and refuses another UPDATE until the first is complete or
aborted. Before changing flash, it checks CRCs, header, key, address and protection. Only then does it erase and write
whole pages.
"""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict, Unpack

from ticktalk.boards.board import Board
from ticktalk.boards.protocols.ambiq import frames
from ticktalk.boards.virtual.faults import Faults
from ticktalk.boards.virtual.nor_flash import ERASED, FlashError, VirtualFlash
from ticktalk.boards.virtual.simulated_watch import SimulatedWatch, chip_with_mcuboot

VERSION = 0x5
CHIP = bytes(range(0x40, 0x48))
LARGEST = 0x4_0000  # maximum size of an update in bytes, without its header


class Refused(Exception):
    """Raised to respond to a message with an ACK that has this status."""

    def __init__(self, status: int):
        self.status = status


class AmbiqOptions(TypedDict, total=False):
    """Options of AmbiqSbl."""

    protected: range
    secure: bool
    largest: int
    log: Callable[[str], None]


class AmbiqSbl:
    """A run of the boot loader from power-on to reset.

    `flash` is the MRAM that is available to applications. `protected` contains the addresses that cannot be
    written. If `secure` is true, only authenticated images are accepted. `largest` is the maximum size of an
    update in bytes. `reset_requested` becomes true when the host requests a reset.
    """

    def __init__(
        self,
        board: Board,
        flash: VirtualFlash,
        *,
        faults: Faults | None = None,
        protected: range = range(0),
        secure: bool = False,
        largest: int = LARGEST,
        log: Callable[[str], None] = lambda line: None,
    ):
        self.reset_requested = False
        self._board, self._flash, self._protected, self._secure, self._largest, self._log = (
            board,
            flash,
            protected,
            secure,
            largest,
            log,
        )
        self._faults = faults or Faults()
        self._bytes = b""
        self._blob: bytearray | None = None  # the update in progress
        self._size = self._check = 0

    def feed(self, data: bytes) -> bytes:
        """Process bytes from the host, and return the response."""
        self._bytes += data
        answers = b""
        while len(self._bytes) >= frames.HEADER.size and not self.reset_requested:
            check, kind, length = frames.HEADER.unpack_from(self._bytes)
            if not frames.HEADER.size <= length <= frames.LONGEST:
                self._bytes = self._bytes[frames.HEADER.size :]
                answers += self._answer(kind, frames.TOO_BIG if length else frames.INVALID_PARAMETER, 0)
            elif len(self._bytes) < length:
                break
            else:
                message, self._bytes = self._bytes[:length], self._bytes[length:]
                answers += self._message(kind, message[frames.HEADER.size :], zlib.crc32(message[4:]) == check)
        return answers

    def _message(self, kind: int, payload: bytes, whole: bool) -> bytes:
        handlers = {
            frames.UPDATE: self._update,
            frames.DATA: self._data,
            frames.ABORT: self._abort,
            frames.RESET: self._reset,
            frames.OTADESC: self._descriptor,
        }
        number = int.from_bytes(payload[:4], "little") if kind == frames.DATA else 0
        try:
            if not whole:
                raise Refused(frames.WRONG_CRC)
            if self._faults.strikes("nack"):
                raise Refused(frames.FAILURE)
            if kind == frames.HELLO:
                return self._status()
            if kind not in handlers:
                raise Refused(frames.UNKNOWN_TYPE)
            handlers[kind](payload)
        except Refused as refused:
            self._log(f"message {kind} refused: {frames.REASONS[refused.status]}")
            return self._answer(kind, refused.status, number)
        return self._answer(kind, frames.SUCCESS, number)

    def _answer(self, kind: int, status: int, number: int) -> bytes:
        return frames.encode(frames.ACK, frames.ANSWER.pack(kind, status, number))

    def _status(self) -> bytes:
        about = struct.pack("<IIII", VERSION, self._largest, 0, self._blob is not None) + CHIP
        return frames.encode(frames.STATUS, about.ljust(frames.STATUS_SIZE, b"\0"))

    def _update(self, payload: bytes) -> None:
        if len(payload) != frames.START.size:
            raise Refused(frames.INVALID_PARAMETER)
        if self._blob is not None:
            raise Refused(frames.INVALID_OPERATION)
        size, check, piggyback = frames.START.unpack(payload)
        if piggyback or size < frames.BLOB.size:
            raise Refused(frames.INVALID_PARAMETER)
        if size > frames.BLOB.size + self._largest:
            raise Refused(frames.TOO_BIG)
        self._size, self._check, self._blob = size, check, bytearray()

    def _data(self, payload: bytes) -> None:
        if self._blob is None:
            raise Refused(frames.INVALID_OPERATION)
        if len(payload) < 8:
            raise Refused(frames.INVALID_PARAMETER)
        if int.from_bytes(payload[:4], "little") != len(self._blob):
            raise Refused(frames.WRONG_SEQUENCE)
        if len(self._blob) + len(payload) - 4 > self._size:
            raise Refused(frames.TOO_MUCH_DATA)
        self._blob += payload[4:]
        if len(self._blob) == self._size:
            blob, self._blob = bytes(self._blob), None
            self._write(blob)

    def _abort(self, payload: bytes) -> None:
        if len(payload) != 4:
            raise Refused(frames.INVALID_PARAMETER)
        if self._blob is None:
            raise Refused(frames.INVALID_OPERATION)
        self._blob = None

    def _reset(self, payload: bytes) -> None:
        if payload not in (b"\1\0\0\0", b"\2\0\0\0"):
            raise Refused(frames.INVALID_PARAMETER)
        self._log("reset")
        self.reset_requested = True

    def _descriptor(self, payload: bytes) -> None:
        raise Refused(frames.INVALID_ADDRESS)  # updates at the next reset are not simulated

    def _write(self, blob: bytes) -> None:
        word, inner, algorithms, zero, magic, address, key, last = frames.BLOB.unpack_from(blob)
        if zlib.crc32(blob) != self._check or zlib.crc32(blob[8:]) != inner:
            raise Refused(frames.WRONG_CRC)
        if self._secure:
            raise Refused(frames.SECURITY)
        if (word & frames.BLOB_SIZE, word & ~frames.BLOB_SIZE, algorithms, zero, magic, key, last) != (
            len(blob),
            frames.BLOB_HAS_CRC,
            0,
            0,
            frames.WIRED,
            frames.PROGRAM_KEY,
            0,
        ):
            raise Refused(frames.INVALID_PARAMETER)
        data = blob[frames.BLOB.size :]
        start, end, page = (
            address - self._board.flash.address,
            address - self._board.flash.address + len(data),
            self._flash.page,
        )
        inside = 0 <= start < end <= self._flash.size
        if (
            not inside
            or address % self._flash.word
            or range(max(address, self._protected.start), min(address + len(data), self._protected.stop))
        ):
            raise Refused(frames.INVALID_ADDRESS)
        first = start // page * page
        try:
            self._flash.erase(first, -(-end // page) * page - first)
            self._flash.program(start, data + bytes([ERASED]) * (-len(data) % self._flash.word))
        except FlashError as error:
            self._log(str(error))
            raise Refused(frames.FAILURE) from None
        self._log(f"{len(data)} bytes at {address:#x}")


def ambiq_watch(
    board: Board,
    folder: Path,
    faults: Faults | None = None,
    key: bytes | None = None,
    **options: Unpack[AmbiqOptions],
) -> SimulatedWatch:
    """Return a watch whose override pin is held, so its boot loader runs after every power-on, and MCUboot after RESET.

    `options` are for AmbiqSbl.
    """
    flash, loader = chip_with_mcuboot(board, folder, faults, key)
    options.setdefault("protected", range(board.flash.address, board.slot_address))
    return SimulatedWatch(board, flash, loader, lambda: AmbiqSbl(board, flash, faults=faults, **options), held=True)
