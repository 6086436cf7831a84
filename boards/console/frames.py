"""Frames of the firmware's console (docs/reference/console.md): 7E 54, type, length, payload, CRC-16/XMODEM."""

import binascii
import struct
from collections.abc import Callable

MARK = b"\x7e\x54"
LIMIT = 1024  # bytes of payload, both ways
AROUND = 7  # bytes of a frame around its payload

HELLO, SPEAK, RUN, WRITE, READ, ASK_STATS, ASK_DUMP, BOOT, PROSODY = range(0x01, 0x0A)
BANNER, PCM, DONE, OK, DATA, STATS, TRACE, DUMP, ERROR = (*range(0x81, 0x89), 0xFF)
UPDATE, UPDATE_BEGIN, UPDATE_DATA, UPDATE_FINISH, UPDATE_STATE, UPDATE_AT = (*range(0x10, 0x14), 0x90, 0x91)

_HEAD = struct.Struct("<BH")
_CRC = struct.Struct("<H")
LONGEST = len(MARK) + _HEAD.size + LIMIT + _CRC.size  # bytes of a frame


def encode(kind: int, payload: bytes = b"") -> bytes:
    """One frame. `payload` at most LIMIT bytes."""
    if len(payload) > LIMIT:
        raise ValueError(f"payload of {len(payload)} bytes, a frame holds {LIMIT}")
    body = _HEAD.pack(kind, len(payload)) + payload
    return MARK + body + _CRC.pack(binascii.crc_hqx(body, 0))


class Decoder:
    """Bytes in, (type, payload) out; at a wrong length or CRC it drops one byte and looks for the next mark.

    `dropped` gets the bytes that are part of no frame, in their order."""

    def __init__(self, dropped: Callable[[bytes], None] = lambda data: None):
        self._bytes, self._dropped = bytearray(), dropped

    @property
    def pending(self) -> bool:
        """Whether a frame has begun behind which another one could lie whole."""
        return len(self._bytes) > AROUND

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames that `data` completes."""
        self._bytes += data
        frames: list[tuple[int, bytes]] = []
        while True:
            start = self._bytes.find(MARK)
            if start < 0:
                self._drop(len(self._bytes) - self._bytes.endswith(MARK[:1]))  # the last byte may be half a mark
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
        """Nothing comes any more: the frames that lie whole within what a mark promised to be a longer one. Without any
        it is still waited for."""
        at = self._bytes.find(MARK, 1)
        while at >= 0:
            if self._end(at):
                self._drop(at)
                return self.feed(b"")
            at = self._bytes.find(MARK, at + 1)
        return []

    def end(self) -> None:
        """Nothing will come any more: what is unfinished is dropped."""
        self._drop(len(self._bytes))

    def _end(self, at: int) -> int | None:
        """Of the frame at `at`, where a mark is: 0 if it is none, None if bytes are missing."""
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
