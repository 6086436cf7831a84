"""Update the firmware through its own console (UPDATE in docs/reference/console.md).

The running firmware writes the image to the secondary slot, verifies it there and marks it as pending. The boot loader
then verifies the image again and installs it. The image is sent either compressed or as a delta against the running
image.
"""

import hashlib
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from ticktalk.boards.board import Board
from ticktalk.boards.console import frames
from ticktalk.boards.console.client import REFUSALS, Console
from ticktalk.boards.errors import DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.images import cache
from ticktalk.boards.images.mcuboot import read_image
from ticktalk.boards.line import Line
from ticktalk.boards.noise import messages, noise_of
from ticktalk.boards.ports import send
from ticktalk.boards.protocols.loader import Progress, Update

PROBE = 0.5  # seconds to wait for the response to a probe
TIMEOUT = 2.0  # seconds of silence allowed while the watch erases, programs and hashes
PATIENCE = 120.0  # maximum seconds without progress while the watch reports that it is busy
TRIES = 5  # per request
PIECE = 1000  # stream bytes per frame
WINDOW = 2  # frames in flight: the watch processes one while the next arrives
TURNAROUND = 0.002  # assumed seconds from the last byte to the response, for time estimates only
BAD_ARGUMENT, NOT_VERIFIED = 3, 7

_STATE = struct.Struct("<32sI32sIII")
_AT = struct.Struct("<II")
_POSSESSION = b"ticktalk update"


@dataclass(frozen=True)
class State:
    """The state of the watch and of its update.

    `running` and `size` are the hash and size of the running image, or zeros if unknown. `target` is the hash
    of the image being received, or zeros if no update is in progress. `stream` is the CRC-32 of the update's
    stream. The watch has received `taken` bytes of the stream and written `written` bytes of the image.
    """

    running: bytes
    size: int
    target: bytes
    stream: int
    taken: int
    written: int


class Refused(DeviceError):
    """Raised if the firmware responds with ERROR. `code` is the error code."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


class ConsoleLoader:
    """Updates a watch through its running firmware. To update through the boot loader, use a `loader.Loader`.

    `resent` is the number of requests that were repeated, and `wire` is the number of bytes sent.
    """

    def __init__(self, port: Line, board: Board):
        self._port, self._board = port, board
        self._decoder = frames.Decoder(noise_of(port).skip)
        self._waiting: list[tuple[int, bytes]] = []
        self._taken = (
            0,
            0,
        )  # stream bytes received and image bytes written when the update started or resumed
        self.resent = self.wire = 0

    def probe(self) -> State | None:
        """Return the state of the watch, or None if the firmware does not support updates."""
        try:
            return self._state(PROBE, tries=1)
        except UnpluggedError:
            raise
        except DeviceError:
            return None

    def bring(self, update: Update, progress: Progress, log: Callable[[str], None]) -> dict:
        """Transfer the image to the secondary slot, have the watch verify it and mark it as pending, and return the
        outcome.

        Raises `VerifyError` if the watch cannot verify the image. After a `DeviceError`, the old image is
        still running.
        """
        from ticktalk.boards.console import delta

        started = time.monotonic()
        state = self._state()
        if state.running == update.image.hash and not any(state.target):
            log("this image is already running")
            return self._result(update, "nothing to send", 0, 0.0, "the running firmware reports the image's hash")
        old = cache.find(self._board.name, state.running) if any(state.running) else None
        old = old if old and len(old) == state.size else None
        route, stream = route_of(old), delta.encode(update.data, old)
        if not self._begin(update, stream, old, log):
            route, stream = route_of(None), delta.encode(update.data)
            self._begin(update, stream, None, log)
        log(f"{route}: sending {len(stream)} bytes for a {len(update.data)}-byte image")
        self._send(stream, len(update.data), progress)
        self._finish(update)
        seconds = time.monotonic() - started
        return self._result(
            update, route, len(stream), seconds, "the watch verified the image's SHA-256 in its secondary slot"
        )

    def restart(self) -> None:
        """Reset the watch, so that the boot loader installs the marked image.

        A lost response is not an error, because the caller checks whether the new firmware responds.
        """
        try:
            Console(self._port).boot()
        except UnpluggedError:
            raise
        except DeviceError:
            pass

    def _result(self, update: Update, route: str, sent: int, seconds: float, verified: str) -> dict:
        return {
            "route": route,
            "sent_bytes": sent,
            "wire_bytes": self.wire,
            "skipped": [],
            "upload_seconds": round(seconds, 2),
            "bytes_per_second": round(sent / seconds) if seconds else 0,
            "resent": self.resent,
            "verified": verified,
        }

    def _state(self, timeout: float | None = None, tries: int | None = None) -> State:
        return self._parse(self._request("UPDATE", frames.UPDATE, b"", frames.UPDATE_STATE, timeout, tries))

    def _parse(self, payload: bytes) -> State:
        if len(payload) != _STATE.size:
            raise DeviceError(
                f"{self._port.port}: the firmware violates the protocol: an UPDATE of {len(payload)} bytes; flash "
                f"through the boot loader"
            )
        return State(*_STATE.unpack(payload))

    def _begin(self, update: Update, stream: bytes, old: bytes | None, log: Callable[[str], None]) -> bool:
        """Start an update with this stream, or resume one that was interrupted.

        Returns False if the watch's running image differs from `old`.
        """
        name = zlib.crc32(stream)
        state = self._state()
        if (state.target, state.stream) == (update.image.hash, name):
            self._taken = state.taken, state.written
            log(f"resuming at byte {state.taken} of the stream")
            return True
        owned = b"" if old is None else hashlib.sha256(_POSSESSION + old).digest()
        body = struct.pack("<II", len(update.data), name) + update.image.hash + owned
        try:
            self._request("UPDATE_BEGIN", frames.UPDATE_BEGIN, body, frames.UPDATE_STATE)
        except Refused as error:
            if old is None or error.code != BAD_ARGUMENT:
                raise
            return False
        self._taken = 0, 0
        return True

    def _send(self, stream: bytes, size: int, progress: Progress) -> None:
        """Send the stream from the watch's current position, and resend frames that were lost."""
        place = self._taken
        sent, silent, returned, moved = place[0], 0, None, time.monotonic()
        while place[0] < len(stream):
            while sent < len(stream) and sent - place[0] < WINDOW * PIECE:
                piece = stream[sent : sent + PIECE]
                self._put(frames.UPDATE_DATA, struct.pack("<I", sent) + piece)
                sent += len(piece)
            answer = self._await(
                frames.UPDATE_AT, "UPDATE_DATA", TIMEOUT + WINDOW * 10 * PIECE / self._port.baudrate, moved + PATIENCE
            )
            if answer is None:
                silent += 1
                if silent == TRIES:
                    raise DeviceError(
                        f"{self._port.port}: no response at byte {place[0]} of {len(stream)} after {TRIES} tries; "
                        "the old firmware is intact; run the command again"
                    )
                sent, returned = place[0], place[0]
                self.resent += 1
                continue
            now = _AT.unpack(answer) if len(answer) == _AT.size else (-1, 0)
            if not (place[0] <= now[0] <= len(stream) and place[1] <= now[1] <= size):
                raise DeviceError(
                    f"{self._port.port}: the watch is at byte {now[0]} instead of {place[0]}, and has written "
                    f"{now[1]}; "
                    "the old firmware is intact; run the command again"
                )
            if now != place:
                silent, place, moved = 0, now, time.monotonic()
                sent = max(sent, place[0])
                progress(min(place[1], size), size)
            elif time.monotonic() - moved > PATIENCE:
                raise DeviceError(
                    f"{self._port.port}: the update is stuck at byte {place[0]} of {len(stream)}; "
                    "the old firmware is intact; run the command again"
                )
            elif sent > place[0] and returned != place[0]:  # resend once, although each later frame reports the loss
                sent = returned = place[0]
                self.resent += 1
        if place[1] != size:
            raise DeviceError(
                f"{self._port.port}: the watch wrote {place[1]} of {size} bytes; the old firmware is intact; "
                "run the command again"
            )

    def _finish(self, update: Update) -> None:
        try:
            self._request("UPDATE_FINISH", frames.UPDATE_FINISH, b"", frames.OK)
        except Refused as error:
            if error.code != NOT_VERIFIED:
                raise
            raise VerifyError(
                f"{self._port.port}: the watch's secondary slot does not hold "
                f"{update.image.hash.hex()[:16]}, or the image is "
                "older than the running one or lacks a signature (ticktalk keys); the old firmware is intact"
            ) from None

    def _put(self, kind: int, payload: bytes) -> None:
        frame = frames.encode(kind, payload)
        send(self._port, frame)
        self.wire += len(frame)

    def _request(
        self, name: str, kind: int, payload: bytes, answer: int, timeout: float | None = None, tries: int | None = None
    ) -> bytes:
        """Send a request until a response arrives, and return the response.

        If the watch reports that it is busy, the timeout is extended.
        """
        tries = tries or TRIES
        end = time.monotonic() + (PATIENCE if tries > 1 else TIMEOUT)
        for attempt in range(tries):
            self._put(kind, payload)
            self.resent += attempt > 0
            found = self._await(answer, name, timeout or TIMEOUT, end)
            if found is not None:
                return found
        raise DeviceError(
            f"{self._port.port}: no response to {name} after {tries} tries; the old firmware is intact; "
            "run the command again"
        )

    def _await(self, wanted: int, asked: str, silence: float, end: float) -> bytes | None:
        """Return the payload of the next frame of type `wanted`.

        Returns None after `silence` seconds without such a frame. Progress reports from the watch extend this
        timeout, but not past the time `end`.
        """
        deadline = time.monotonic() + silence
        while True:
            while self._waiting:
                kind, payload = self._waiting.pop(0)
                if kind == wanted:
                    return payload
                if kind == frames.UPDATE_AT:
                    deadline = min(time.monotonic() + silence, end)
                elif (
                    kind == frames.BANNER and asked == "UPDATE_DATA"
                ):  # during other requests, an old banner may still be in transit
                    raise DeviceError(
                        f"{self._port.port}: the watch restarted during {asked} and is running the old firmware; "
                        "run the command again"
                    )
                elif kind == frames.ERROR:
                    code = payload[0] if payload else 0
                    raise Refused(
                        f"{self._port.port}: the firmware refused {asked}: {REFUSALS.get(code, f'error {code}')}", code
                    )
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._waiting += messages(self._port, self._decoder, left)


def routes(image: bytes, board: Board) -> list[dict]:
    """Return the routes by which the running firmware can receive `image`, best first.

    The first route is a delta against the image last flashed to this board, if known, and the second is the compressed
    image. Each route has the keys "route", "bytes" (size of the stream) and "seconds" (transmission time). A delta also
    has the key "old" (hash of the old image).
    """
    from ticktalk.boards.console import delta

    if board.secondary is None:
        return []
    found = []
    for old in dict.fromkeys((cache.last(board.name), None)):
        size = len(delta.encode(image, old))
        found.append(
            {"route": route_of(old), "bytes": size, "seconds": round(line_seconds(size, board), 1)}
            | ({"old": read_image(old).hash.hex()} if old else {})
        )
    return found


def route_of(old: bytes | None) -> str:
    """Return the display name of a route: a delta against `old`, or the compressed image if `old` is None."""
    return "compressed, over the console" if old is None else "as a delta, over the console"


def wire_bytes(stream: int) -> int:
    """Return the number of bytes that a stream of `stream` bytes takes on the line."""
    return stream + -(-stream // PIECE) * (len(frames.encode(0)) + 4)


def line_seconds(stream: int, board: Board) -> float:
    """Return the transmission time in seconds at the console's baud rate."""
    return wire_bytes(stream) * 10 / board.baud + TURNAROUND * -(-stream // PIECE) / WINDOW
