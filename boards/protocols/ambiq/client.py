"""The host side of Ambiq's secure boot loader over a serial port.

The boot loader responds to every message: HELLO with STATUS, and all others with an ACK that has a status. How the boot
loader behaves after an incomplete message is not documented. This client assumes that the boot loader waits for the
missing bytes, so `_resync` sends zeros until the boot loader responds. The boot loader responds because a message of
length 0 is invalid. An update in an unknown state is aborted and restarted.
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

TIMEOUT = 2.0  # seconds to wait for a response, in addition to the transmission time
PROGRAM_TIMEOUT = 12.0  # timeout for the last block, which the boot loader acknowledges after programming
QUIET = 0.02  # seconds without a byte after which the line is considered quiet
SETTLE = 0.1  # required quiet time if no bytes may remain in transit
NOISE = 1.0  # seconds of continuous noise after which to stop waiting for quiet
FILL = 256  # zeros to send at a time
TRIES = 4  # tries per request, if the request may be repeated


class LineError(DeviceError):
    """Raised if only silence or noise follows a request. The request may be retried."""


class Refused(LineError):
    """Raised if the device responds with the error code `status`."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Status:
    """The contents of a STATUS message.

    `largest` is the maximum size of an update in bytes. `chip` is the chip's unique ID, or b"" on an Apollo3.
    """

    version: int
    largest: int
    chip: bytes


class AmbiqClient:
    """A client of the boot loader on an open port (`ports.open_port`)."""

    def __init__(self, port: Line):
        self._port = port
        self._decoder = frames.Decoder(noise_of(port).skip)
        self._sent = 0.0  # the time by which the last byte will have been transmitted
        self.resent = 0  # requests sent again
        self.wire = 0  # bytes sent

    def hello(self, timeout: float) -> Status | None:
        """Return the boot loader's STATUS, or None if it does not respond.

        Before giving up, this function sends enough zeros to complete a message that may have been truncated.
        """
        self._drain(QUIET)
        return self._hello(timeout) or (self._hello(timeout) if self._align() else None)

    def put(self, address: int, data: bytes) -> None:
        """Write whole pages at `address`, up to the maximum size in STATUS.

        If this raises `DeviceError`, the contents of these pages are unknown.
        """
        blob = frames.blob(address, data)
        failure: LineError | None = None
        for _attempt in range(TRIES):
            try:
                self._put(address, blob)
                return
            except Refused as error:
                failure = error
                if error.status in (frames.SECURITY, frames.INVALID_ADDRESS, frames.TOO_BIG):
                    break  # a retry would also fail
            except LineError as error:
                failure = error
                self._resync()
            self.resent += 1
            self._abort()
        raise DeviceError(f"{failure} (writing at {address:#x})")

    def reset(self) -> None:
        """Exit the boot loader.

        A lost response is not an error, because the caller checks whether the image responds.
        """
        for _attempt in range(TRIES):
            try:
                self._ask(frames.RESET, struct.pack("<I", frames.RESET_WARM))
                self._decoder.end()  # the next bytes are from the image
                return
            except LineError:
                if not self._align():
                    return  # the boot loader has exited

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
                    self.resent += 1  # corrupted in transit; resend it and continue the update

    def _abort(self) -> None:
        """Abort the update in progress, if any."""
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
        """Send a message and receive its ACK, which must contain `number` unless that is None."""
        self._send(frames.encode(kind, payload))
        for answer in self._answers(frames.ACK, timeout or TIMEOUT):
            asked, status, answered = frames.ANSWER.unpack(answer)
            if asked == kind and (number is None or number == answered or status):
                if status:
                    why = frames.REASONS[status] if status < len(frames.REASONS) else f"status {status}"
                    raise Refused(f"{self._port.port}: the boot loader refused a message: {why}", status)
                return
        raise LineError(f"{self._port.port}: no response from the boot loader")

    def _hello(self, timeout: float) -> Status | None:
        self._send(frames.encode(frames.HELLO))
        for told in self._answers(frames.STATUS, timeout):
            version, largest = struct.unpack_from("<II", told)
            return Status(version, largest, told[16:24] if len(told) >= frames.STATUS_SIZE else b"")
        return None

    def _answers(self, kind: int, timeout: float) -> Iterator[bytes]:
        """Yield the payload of each message of type `kind` that arrives within `timeout` seconds."""
        deadline = max(time.monotonic(), self._sent) + timeout
        while (left := deadline - time.monotonic()) > 0:
            for found, payload in messages(self._port, self._decoder, left):
                if found == kind:
                    yield payload

    def _resync(self) -> None:
        """Synchronise with the boot loader at a message boundary. Raises `DeviceError` if it does not respond."""
        for _attempt in range(TRIES):
            self._drain(QUIET)
            if self._hello(SETTLE) or (self._align() and self._hello(SETTLE)):
                return
        raise DeviceError(
            f"{self._port.port}: the boot loader has stopped responding; "
            "reset the watch into its boot loader and run the command again"
        )

    def _align(self) -> bool:
        """Complete a truncated message, and return whether the boot loader responded.

        The zeros are sent in small blocks, because every eight surplus zeros cause a response. Then single zeros are
        sent until one completes a header, to which the boot loader responds.
        """
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
        """Discard and return bytes until the line has been quiet for `quiet` seconds, or for at most NOISE seconds."""
        deadline = max(time.monotonic(), self._sent) + NOISE
        drained = data = receive(self._port, quiet + max(0.0, self._sent - time.monotonic()))
        while data and time.monotonic() < deadline:
            data = receive(self._port, quiet)
            drained += data
        self._decoder.feed(drained)
        self._decoder.end()
        return drained
