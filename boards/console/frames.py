"""Frames of the firmware's console: 7E 54, type, length, payload, CRC-16/XMODEM (docs/reference/console.md)."""

import binascii
import struct
from collections.abc import Callable

MARK = b"\x7e\x54"
LIMIT = 1024  # maximum payload size in bytes, in both directions
AROUND = 7  # bytes in a frame in addition to the payload

HELLO, SPEAK, RUN, WRITE, READ, ASK_STATS, ASK_DUMP, BOOT, PROSODY, TEXT, TEXT_MORE, STOP = range(0x01, 0x0D)
BANNER, PCM, DONE, OK, DATA, STATS, TRACE, DUMP, UTTERANCE, TEXT_WANTED, ERROR = (*range(0x81, 0x8B), 0xFF)
UPDATE, UPDATE_BEGIN, UPDATE_DATA, UPDATE_FINISH, UPDATE_STATE, UPDATE_AT = (*range(0x10, 0x14), 0x90, 0x91)

_HEAD = struct.Struct("<BH")
_CRC = struct.Struct("<H")
LONGEST = len(MARK) + _HEAD.size + LIMIT + _CRC.size  # maximum frame size in bytes


def encode(kind: int, payload: bytes = b"") -> bytes:
    """Encode one frame. `payload` has at most LIMIT bytes."""
    if len(payload) > LIMIT:
        raise ValueError(f"payload of {len(payload)} bytes; a frame holds {LIMIT}")
    body = _HEAD.pack(kind, len(payload)) + payload
    return MARK + body + _CRC.pack(binascii.crc_hqx(body, 0))


class Decoder:
    """Decodes frames to (type, payload).

    If the length or the CRC is wrong, the decoder drops one byte and searches for the next marker. `dropped` is
    called with the bytes that are not part of a frame, in order.
    """

    def __init__(self, dropped: Callable[[bytes], None] = lambda data: None):
        self._bytes, self._dropped = bytearray(), dropped

    @property
    def pending(self) -> bool:
        """Whether the buffer starts with an incomplete frame, which may be noise that hides a complete frame."""
        return len(self._bytes) > AROUND

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the frames that `data` completes."""
        self._bytes += data
        frames: list[tuple[int, bytes]] = []
        while True:
            start = self._bytes.find(MARK)
            if start < 0:
                self._drop(
                    len(self._bytes) - self._bytes.endswith(MARK[:1])
                )  # keep the last byte if it may be the first half of a marker
                return frames
            self._drop(start)
            if (end := self._end(0)) is None:
                return frames
            if end:
                frames.append((self._bytes[2], bytes(self._bytes[5 : end - 2])))
                del self._bytes[:end]
            else:
                self._drop(1)

    def quiet(self) -> list[tuple[int, bytes]]:
        """Return any complete frames inside an incomplete one. If there are none, keep the incomplete frame.

        Call this when the line has been quiet for a while.
        """
        at = self._bytes.find(MARK, 1)
        while at >= 0:
            if self._end(at):
                self._drop(at)
                return self.feed(b"")
            at = self._bytes.find(MARK, at + 1)
        return []

    def end(self) -> None:
        """Drop any incomplete frame, because no more bytes will arrive."""
        self._drop(len(self._bytes))

    def _end(self, at: int) -> int | None:
        """Return the end offset of the frame whose marker is at `at`: 0 if it is invalid, None if it is incomplete."""
        if len(self._bytes) < at + 5:
            return None
        end = at + AROUND + _HEAD.unpack_from(self._bytes, at + 2)[1]
        if end - at > LONGEST:
            return 0
        if len(self._bytes) < end:
            return None
        crc = binascii.crc_hqx(self._bytes[at + 2 : end - 2], 0)
        return end if _CRC.unpack_from(self._bytes, end - 2)[0] == crc else 0

    def _drop(self, count: int) -> None:
        if count:
            self._dropped(bytes(self._bytes[:count]))
            del self._bytes[:count]
