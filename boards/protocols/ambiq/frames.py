"""Messages of the wired update that Ambiq's secure boot loader (SBL) takes, and the blob that an update brings.

    CRC-32 (u32) | type (u16) | length of the whole message (u16) | payload          all little-endian

The CRC covers what is behind it. Nothing marks where a message begins. As in AmbiqSuite (uart_wired_update.py,
create_cust_image_blob.py of Apollo4 and Apollo510).
"""

import struct
import zlib
from collections.abc import Callable

HELLO, STATUS, OTADESC, UPDATE, ABORT, RECOVER, RESET, ACK, DATA = range(9)
LONGEST = 8192  # bytes of a message: the boot loader's buffer
HEADER = struct.Struct("<IHH")
ANSWER = struct.Struct("<III")  # an ACK's payload: type of the message, status, its number (DATA: the offset)
START = struct.Struct("<III")  # an UPDATE's payload: bytes of the blob, their CRC-32, bytes that follow in this message
STATUS_SIZE = (
    128  # of a STATUS's payload: version, largest update, status, state, chip (u64), 2 words, SoC (8 words), 16 words
)
CARRIED = LONGEST - HEADER.size - 4  # bytes of a blob that a DATA brings behind their offset
RESET_WARM = 1  # RESET's option: power-on initialisation
FORGET = 0  # ABORT's option: the update is dropped, the boot loader stays

(
    SUCCESS,
    FAILURE,
    INVALID_INFO0,
    WRONG_CRC,
    SECURITY,
    TOO_BIG,
    UNKNOWN_TYPE,
    INVALID_ADDRESS,
    INVALID_OPERATION,
    INVALID_PARAMETER,
    WRONG_SEQUENCE,
    TOO_MUCH_DATA,
) = range(12)
REASONS = (
    "success",
    "it failed",
    "INFO0 is not valid",
    "wrong CRC",
    "it takes only authenticated images",
    "message too big",
    "message of an unknown type",
    "address not allowed",
    "not now",
    "invalid parameter",
    "wrong offset",
    "too much data",
)

# The blob: size and flags, CRC-32 of all behind it, algorithms (none), 0; magic and options, address, key, 0; then
# the bytes.
BLOB = struct.Struct("<IIIIIIII")
BLOB_HAS_CRC = 1 << 26
BLOB_SIZE = (1 << 23) - 1
WIRED = 0xCD  # the magic number of bytes that go to an address
PROGRAM_KEY = 0x1234_4321


def encode(kind: int, payload: bytes = b"") -> bytes:
    """One message."""
    body = struct.pack("<HH", kind, HEADER.size + len(payload)) + payload
    return struct.pack("<I", zlib.crc32(body)) + body


def blob(address: int, data: bytes) -> bytes:
    """The update that puts `data` (whole words of 4 bytes) at `address`."""
    behind = struct.pack("<IIIIII", 0, 0, WIRED, address, PROGRAM_KEY, 0) + data
    return struct.pack("<II", BLOB_HAS_CRC | 8 + len(behind), zlib.crc32(behind)) + behind


class Decoder:
    """Bytes of the boot loader in, its messages (STATUS, ACK) out; what is none of them is given to `dropped`."""

    def __init__(self, dropped: Callable[[bytes], None] = lambda data: None):
        self._bytes, self._dropped = b"", dropped

    @property
    def pending(self) -> bool:
        """Whether a message has begun behind which another one could lie whole."""
        return len(self._bytes) > HEADER.size

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """(type, payload) of the messages that `data` completes."""
        self._bytes += data
        found, at, begin = [], 0, 0  # `begin`: of what was not dropped yet
        while (length := self._length(at)) is not None:
            if length:
                self._dropped(self._bytes[begin:at])
                found.append((self._bytes[at + 4], self._bytes[at + HEADER.size : at + length]))
                begin = at + length
            at += length or 1
        self._dropped(self._bytes[begin:at])
        self._bytes = self._bytes[at:]
        return found

    def quiet(self) -> list[tuple[int, bytes]]:
        """Nothing comes any more: the messages that lie whole within what looked like a longer one. Without any it is
        still waited for."""
        for at in range(1, len(self._bytes)):
            if self._length(at):
                self._dropped(self._bytes[:at])
                self._bytes = self._bytes[at:]
                return self.feed(b"")
        return []

    def end(self) -> None:
        """Nothing will come any more: what is unfinished is dropped."""
        self._dropped(self._bytes)
        self._bytes = b""

    def _length(self, at: int) -> int | None:
        """Of the message at `at`: 0 if it is none, None if bytes are missing."""
        if len(self._bytes) < at + HEADER.size:
            return None
        check, kind, length = HEADER.unpack_from(self._bytes, at)
        if not (
            (kind == ACK and length == HEADER.size + ANSWER.size)
            or (kind == STATUS and HEADER.size + 8 <= length <= 512)
        ):
            return 0
        if len(self._bytes) < at + length:
            return None
        return length if zlib.crc32(self._bytes[at + 4 : at + length]) == check else 0
