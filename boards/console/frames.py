"""Frames of the firmware's console (docs/reference/console.md): 7E 54, type, length, payload, CRC-16/XMODEM."""

import binascii
import struct

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
    """Bytes in, (type, payload) out; at a wrong length or CRC it drops one byte and looks for the next mark."""

    def __init__(self):
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames that `data` completes."""
        self._bytes += data
        frames = []
        while True:
            start = self._bytes.find(MARK)
            if start < 0:
                del self._bytes[:-1]  # the last byte may be half a mark
                return frames
            del self._bytes[:start]
            if len(self._bytes) < 5:
                return frames
            kind, length = _HEAD.unpack_from(self._bytes, 2)
            end = 5 + length
            if length > LIMIT:
                del self._bytes[0]
                continue
            if len(self._bytes) < end + 2:
                return frames
            if _CRC.unpack_from(self._bytes, end)[0] != binascii.crc_hqx(self._bytes[2:end], 0):
                del self._bytes[0]
                continue
            frames.append((kind, bytes(self._bytes[5:end])))
            del self._bytes[: end + 2]
