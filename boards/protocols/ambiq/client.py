"""Host side of Ambiq's secure boot loader over a serial port.

Every message gets an answer: HELLO a STATUS, all others an ACK with a status. It is not documented what the
boot loader does with a message that lost bytes. We assume that it waits for the rest, so `resync` feeds it
zeros until it answers (a message of length 0 is invalid). An update in an uncertain state is dropped (ABORT)
and begun again.
"""

import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ticktalk.boards.errors import DeviceError
from ticktalk.boards.line import Line
from ticktalk.boards.noise import messages, noise_of
from ticktalk.boards.ports import receive, send
from ticktalk.boards.protocols.ambiq import frames

TIMEOUT = 2.0  # seconds to wait for an answer, beyond the time on the wire
PROGRAM_TIMEOUT = 12.0  # for the last block, answered once everything is written; the vendor's tool waits as long
QUIET = 0.02  # seconds without a byte after which the line counts as quiet
SETTLE = 0.1  # the same, if no more bytes may be in flight
NOISE = 1.0  # seconds of continuous bytes after which we stop waiting for quiet
FILL = 256  # zeros sent at a time
TRIES = 4  # tries for a request that may be repeated


class LineError(DeviceError):
    """Silence or noise instead of an answer. The request may be tried again."""


class Refused(LineError):
    """An answer that reports failure; `status` says why."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Status:
    """The content of a STATUS. `largest`: bytes that one update may have. `chip`: its unique number, or b""
    (Apollo3)."""

    version: int
    largest: int
    chip: bytes


class AmbiqClient:
    """Talks to the boot loader behind an open port (ports.open_port)."""

    def __init__(self, port: Line):
        self._port = port
        self._decoder = frames.Decoder(noise_of(port).skip)
        self._sent = 0.0  # when the last byte has left the line
        self.resent = 0  # requests that had to be sent again
        self.wire = 0  # bytes sent

    def hello(self, timeout: float) -> Status | None:
        """Ask who is there. None without an answer, even after sending enough zeros to complete a cut
        message."""
        self._drain(QUIET)
        return self._hello(timeout) or (self._hello(timeout) if self._align() else None)

    def put(self, address: int, data: bytes) -> None:
        """Write whole pages at `address`, at most as much as STATUS allows. After DeviceError, the content
        there is unknown."""
        blob = frames.blob(address, data)
        failure: LineError | None = None
        for _attempt in range(TRIES):
            try:
                self._put(address, blob)
                return
            except Refused as error:
                failure = error
                if error.status in (frames.SECURITY, frames.INVALID_ADDRESS, frames.TOO_BIG):
                    break  # and would be again
            except LineError as error:
                failure = error
                self._resync()
            self.resent += 1
            self._abort()
        raise DeviceError(f"{failure} (writing at {address:#x})")

    def reset(self) -> None:
        """Leave the boot loader. The answer may be lost: what matters is whether the started image speaks."""
        for _attempt in range(TRIES):
            try:
                self._ask(frames.RESET, struct.pack("<I", frames.RESET_WARM))
                self._decoder.end()  # what follows comes from the started image
                return
            except LineError:
                if not self._align():
                    return  # gone, as requested

    def _put(self, address: int, blob: bytes) -> None:
        self._ask(frames.UPDATE, frames.START.pack(len(blob), zlib.crc32(blob), 0))
        for at in range(0, len(blob), frames.CARRIED):
            piece = blob[at : at + frames.CARRIED]
            last = at + len(piece) == len(blob)
            for attempt in range(TRIES):
                try:
                    self._ask(frames.DATA, struct.pack("<I", at) + piece, at, PROGRAM_TIMEOUT if last else None)
                    break
                except Refused as error:
                    if error.status != frames.WRONG_CRC or attempt == TRIES - 1:
                        raise
                    self.resent += 1  # damaged in transit, so not accepted: the update continues

    def _abort(self) -> None:
        """Make sure that no update is in progress. It is not an error if there was none."""
        for _attempt in range(TRIES):
            try:
                self._ask(frames.ABORT, struct.pack("<I", frames.FORGET))
                return
            except Refused as error:
                if error.status == frames.INVALID_OPERATION:
                    return
            except LineError:
                self._resync()

    def _ask(self, kind: int, payload: bytes, number: int | None = None, timeout: float | None = None) -> None:
        """Send a message and receive its ACK, which must name `number`."""
        self._send(frames.encode(kind, payload))
        for answer in self._answers(frames.ACK, timeout or TIMEOUT):
            asked, status, answered = frames.ANSWER.unpack(answer)
            if asked == kind and (number is None or number == answered or status):
                if status:
                    why = frames.REASONS[status] if status < len(frames.REASONS) else f"status {status}"
                    raise Refused(f"{self._port.port}: the boot loader refuses: {why}", status)
                return
        raise LineError(f"{self._port.port}: no answer from the boot loader")

    def _hello(self, timeout: float) -> Status | None:
        self._send(frames.encode(frames.HELLO))
        for told in self._answers(frames.STATUS, timeout):
            version, largest = struct.unpack_from("<II", told)
            return Status(version, largest, told[16:24] if len(told) >= frames.STATUS_SIZE else b"")
        return None

    def _answers(self, kind: int, timeout: float) -> Iterator[bytes]:
        """Yield the payload of each message of that kind that arrives in time."""
        deadline = max(time.monotonic(), self._sent) + timeout
        while (left := deadline - time.monotonic()) > 0:
            for found, payload in messages(self._port, self._decoder, left):
                if found == kind:
                    yield payload

    def _resync(self) -> None:
        """Bring both sides back between two messages. Raises DeviceError if the boot loader is gone."""
        for _attempt in range(TRIES):
            self._drain(QUIET)
            if self._hello(SETTLE) or (self._align() and self._hello(SETTLE)):
                return
        raise DeviceError(
            f"{self._port.port}: the boot loader has stopped answering; "
            "reset the watch into its boot loader and run again"
        )

    def _align(self) -> bool:
        """Complete a message that was cut short by sending zeros, a few at a time because every eight surplus
        zeros cause an answer. Then send single zeros until one is answered: that one ended a header."""
        for _ in range(frames.LONGEST // FILL + 1):
            self._send(bytes(FILL))
            if self._drain(QUIET):
                break
        else:
            return False
        self._drain(SETTLE)
        for _single in range(frames.HEADER.size):
            self._send(b"\0")
            if self._drain(SETTLE):
                return True
        return False

    def _send(self, data: bytes) -> None:
        self.wire += len(data)
        self._sent = max(time.monotonic(), self._sent) + len(data) * 10 / self._port.baudrate
        send(self._port, data)

    def _drain(self, quiet: float) -> bytes:
        """Discard bytes until the line is quiet for `quiet` seconds, or clearly will not be; return them."""
        deadline = max(time.monotonic(), self._sent) + NOISE
        drained = data = receive(self._port, quiet + max(0.0, self._sent - time.monotonic()))
        while data and time.monotonic() < deadline:
            data = receive(self._port, quiet)
            drained += data
        self._decoder.feed(drained)
        self._decoder.end()
        return drained
