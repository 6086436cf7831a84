"""The device side of MCUboot's serial recovery.

The device behaves like MCUboot's boot_serial with parameters (MCUMGR_PARAMS), echo, direct image upload and image
states enabled. The device supports uploads into the primary or secondary slot, image states, echo, parameters and
reset. Errors are {"rc": n} in all SMP versions. With two additional commands in a vendor-specific group, the host need
not send data that the device already has (docs/reference/protocols.md).
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypedDict, TypeGuard, Unpack

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.protocols.smp.frames import (
    COPY,
    ECHO,
    GRAIN,
    HEADER,
    IMAGE,
    LINE,
    OS,
    OURS,
    PARAMETERS,
    RANGE_HASH,
    READ,
    RESET,
    SECONDARY,
    STATE,
    UPLOAD,
    WRITE,
    Decoder,
    Header,
    encode,
)
from ticktalk.boards.virtual.faults import Faults
from ticktalk.boards.virtual.mcuboot import BootLoader
from ticktalk.boards.virtual.nor_flash import ERASED, FlashError, Slot, VirtualFlash
from ticktalk.boards.virtual.simulated_watch import SimulatedWatch

OK, UNKNOWN, NO_MEMORY, INVALID, NOT_FOUND, UNSUPPORTED, BUSY = 0, 1, 2, 3, 5, 8, 10
ANSWER = 256  # maximum CBOR bytes in a response: enough for the states of two images


Map = dict[str, Any]  # a request or a response, decoded from CBOR


class Handler(Protocol):
    """A function that handles one command."""

    def __call__(self, header: Header, request: Map) -> Map:
        """Return the response, which is {"rc": error code} if the request is refused."""


class SmpOptions(TypedDict, total=False):
    """Options of SmpServer."""

    buffer: int
    log: Callable[[str], None]
    extended: bool


class SmpServer:
    """A run of the boot loader from power-on to reset.

    `buffer` is the size of the receive buffer in bytes, reported as buf_size. Larger packets are silently
    dropped. `log` is called with one line per event. If `extended` is true, the server supports two commands
    that stock MCUboot does not have. `reset_requested` becomes true when the host requests a reset.
    """

    def __init__(
        self,
        loader: BootLoader,
        buffer: int = 1024,
        log: Callable[[str], None] = lambda line: None,
        faults: Faults | None = None,
        extended: bool = True,
    ):
        self.reset_requested = False
        self._loader, self._buffer, self._log, self._faults = loader, buffer, log, faults or Faults()
        self._decoder = Decoder(largest=buffer, line=LINE + 1, strict=True)
        self._slot = loader.primary  # slot of the upload
        self._expected = 0  # offset of the next chunk
        self._size = 0  # size of the image being uploaded
        self._handlers: dict[tuple[int, int], Handler] = {
            (OS, ECHO): self._echo,
            (OS, PARAMETERS): self._parameters,
            (OS, RESET): self._reset,
            (IMAGE, STATE): self._state,
            (IMAGE, UPLOAD): self._upload,
        }
        if extended:
            self._handlers |= {(OURS, RANGE_HASH): self._range_hash, (OURS, COPY): self._copy}

    def feed(self, data: bytes) -> bytes:
        """Return the responses to the packets that `data` completes."""
        return b"".join(self._answer(packet) for packet in self._decoder.feed(data))

    def _answer(self, packet: bytes) -> bytes:
        import cbor2

        header = Header.unpack(packet)
        if header.op not in (READ, WRITE):
            return b""
        try:
            request = cbor2.loads(packet[HEADER.size :]) if header.length else {}
        except Exception:  # not CBOR; cbor2 raises errors of many types
            request = None
        handler = self._handlers.get((header.group, header.command))
        if self._faults.strikes("nack"):
            answer = {"rc": BUSY}
        elif handler is None:
            answer = {"rc": UNSUPPORTED}
        elif not isinstance(request, dict):
            answer = {"rc": INVALID}
        else:
            answer = handler(header, request)
        body = cbor2.dumps(answer)
        if len(body) > ANSWER:
            body = cbor2.dumps({"rc": NO_MEMORY})
        back = Header(header.op + 1, header.version, len(body), header.group, header.sequence, header.command)
        return encode(back.pack() + body)

    def _echo(self, header: Header, request: Map) -> Map:
        text = request.get("d")
        return {"r": text} if isinstance(text, str) else {"rc": INVALID}

    def _parameters(self, header: Header, request: Map) -> Map:
        return {"buf_size": self._buffer, "buf_count": 1}

    def _reset(self, header: Header, request: Map) -> Map:
        self._log("reset")
        self.reset_requested = True
        return {"rc": OK}

    def _state(self, header: Header, request: Map) -> Map:
        if header.op != READ:
            if self._loader.secondary is None:
                return {"rc": UNSUPPORTED}  # with a single slot, there is nothing to install or confirm
            wanted = request.get("hash")
            if not any(image["slot"] == 1 and image["hash"] == wanted for image in self._images()):
                return {"rc": NOT_FOUND}
            try:
                self._loader.mark_pending()
            except FlashError as error:
                self._log(str(error))
                return {"rc": UNKNOWN}
        return {"images": self._images()}

    def _images(self) -> list[Map]:
        found: list[Map] = []
        for number, slot in enumerate(self._slots()):
            try:
                image = self._loader.check(slot, f"slot {number}")
            except ImageError:
                continue
            found.append({"slot": number, "version": image.version, "hash": image.hash})
            if number == 1:
                found[-1]["pending"] = self._loader.pending()
        return found

    def _slots(self) -> list[Slot]:
        return [slot for slot in (self._loader.primary, self._loader.secondary) if slot]

    def _upload(self, header: Header, request: Map) -> Map:
        offset, data = request.get("off"), request.get("data")
        if header.op != WRITE or not _count(offset) or not isinstance(data, bytes):
            return {"rc": INVALID}
        if offset == 0:
            size, number = request.get("len"), request.get("image", 0)
            if not _count(number) or number > len(self._slots()):  # 0, 1: the primary slot; 2: the secondary slot
                return {"rc": NOT_FOUND}
            slot = self._slots()[number == SECONDARY]
            if not _count(size) or size > slot.size:
                return {"rc": INVALID}
            slot.erase()
            self._slot, self._expected, self._size = slot, 0, size
            self._log(f"upload of {size} bytes")
        elif offset != self._expected:
            return {"rc": OK, "off": self._expected}
        if self._expected + len(data) > self._size:
            return {"rc": INVALID}
        return self._take(data)

    def _take(self, data: bytes) -> Map:
        # Only whole words can be written. Except at the end of the image, the client must resend the remainder.
        word, taken = self._slot.flash.word, len(data)
        if self._expected + taken < self._size:
            taken -= taken % word
        padded = data[:taken] + bytes([ERASED]) * (-taken % word)
        try:
            self._slot.program(self._expected, padded)
        except FlashError as error:
            self._log(str(error))
            return {"rc": INVALID}
        self._expected += taken
        if self._expected == self._size:
            self._log(f"upload complete: {self._size} bytes")
        return {"rc": OK, "off": self._expected}

    def _range_hash(self, header: Header, request: Map) -> Map:
        number, offset, length = (request.get(name) for name in ("slot", "off", "len"))
        if header.op != READ or not _count(number) or not _count(offset) or not _count(length):
            return {"rc": INVALID}
        if not _blocks(offset, length):
            return {"rc": INVALID}
        if number >= len(self._slots()) or offset + length > self._slots()[number].size:
            return {"rc": NOT_FOUND}
        return {"sha": hashlib.sha256(self._slots()[number].read(offset, length)).digest()}

    def _copy(self, header: Header, request: Map) -> Map:
        """Continue the upload into the secondary slot by copying from the primary slot, at the same offset."""
        offset, length = request.get("off"), request.get("len")
        if header.op != WRITE or not _count(offset) or not _count(length) or self._slot is not self._loader.secondary:
            return {"rc": INVALID}
        if not _blocks(offset, length):  # the hash of an image with one copied byte would reveal that byte
            return {"rc": INVALID}
        if offset != self._expected:
            return {"rc": OK, "off": self._expected}
        if offset + length > min(self._size, self._loader.primary.size):
            return {"rc": INVALID}
        self._log(f"{length} bytes at {offset} are unchanged")
        return self._take(self._loader.primary.read(offset, length))


def _count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFF_FFFF


def _blocks(offset: int, length: int) -> bool:
    """Return whether the range consists of whole blocks.

    If other ranges were allowed, requests for ranges that grow by one byte each would reveal the flash contents.
    """
    return length > 0 and offset % GRAIN == 0 and length % GRAIN == 0


def smp_watch(
    board: Board, folder: Path, faults: Faults | None = None, key: bytes | None = None, **options: Unpack[SmpOptions]
) -> SimulatedWatch:
    """Return a watch with MCUboot's serial recovery and its flash in `folder`. `options` are for SmpServer."""
    flash = VirtualFlash(folder / "flash", 2 * board.slot_size, board.page_size, board.word_size, faults)
    primary, secondary = Slot(flash, 0, board.slot_size), Slot(flash, board.slot_size, board.slot_size)
    loader = BootLoader(board, primary, secondary, key, folder / "counter")
    return SimulatedWatch(board, flash, loader, lambda: SmpServer(loader, faults=faults, **options))
