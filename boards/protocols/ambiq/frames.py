"""Messages of the wired-update protocol of Ambiq's secure boot loader (SBL), and the blob that an update transfers.

    CRC-32 (u32) | type (u16) | length of the whole message (u16) | payload          all little-endian

The CRC covers everything after it. There is no start-of-message marker. The formats are from AmbiqSuite
(uart_wired_update.py, create_cust_image_blob.py for Apollo4 and Apollo510).
"""

import struct
import zlib
from collections.abc import Callable

HELLO, STATUS, OTADESC, UPDATE, ABORT, RECOVER, RESET, ACK, DATA = range(9)
LONGEST = 8192  # maximum message size in bytes: the boot loader's buffer
HEADER = struct.Struct("<IHH")
ANSWER = struct.Struct("<III")  # ACK's payload: type, status and number of the message (for DATA: its offset)
START = struct.Struct("<III")  # UPDATE's payload: the blob's size, its CRC-32, and how many of its bytes follow
STATUS_SIZE = (
    128  # bytes of a STATUS: version, largest update, status, state, chip (u64), 2 words, SoC (8 words), 16 words
)
CARRIED = LONGEST - HEADER.size - 4  # maximum blob bytes in a DATA message, after their offset
RESET_WARM = 1  # option of RESET: power-on initialisation
FORGET = 0  # option of ABORT: drop the update and stay in the boot loader

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
    "failure",
    "INFO0 is not valid",
    "wrong CRC",
    "only authenticated images are accepted",
    "message too big",
    "unknown message type",
    "address not allowed",
    "not possible in this state",
    "invalid parameter",
    "wrong offset",
    "too much data",
)

# The header of a blob: size and flags, CRC-32 of everything after it, algorithms (none), 0; magic number and options,
# address, key, 0.
BLOB = struct.Struct("<IIIIIIII")
BLOB_HAS_CRC = 1 << 26
BLOB_SIZE = (1 << 23) - 1
WIRED = 0xCD  # magic number for data with a target address
PROGRAM_KEY = 0x1234_4321


def encode(kind: int, payload: bytes = b"") -> bytes:
    """Encode one message."""
    body = struct.pack("<HH", kind, HEADER.size + len(payload)) + payload
    return struct.pack("<I", zlib.crc32(body)) + body


def blob(address: int, data: bytes) -> bytes:
    """Return the blob that writes `data`, whose size is a multiple of 4 bytes, to `address`."""
    behind = struct.pack("<IIIIII", 0, 0, WIRED, address, PROGRAM_KEY, 0) + data
    return struct.pack("<II", BLOB_HAS_CRC | 8 + len(behind), zlib.crc32(behind)) + behind


class Decoder:
    """Decodes messages from the boot loader (STATUS and ACK). `dropped` is called with all other bytes."""

    def __init__(self, dropped: Callable[[bytes], None] = lambda data: None):
        self._bytes, self._dropped = b"", dropped

    @property
    def pending(self) -> bool:
        """Whether the buffer starts with an incomplete message, which may be noise that hides a complete message."""
        return len(self._bytes) > HEADER.size

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return (type, payload) for each message that `data` completes."""
        self._bytes += data
        found, at, begin = [], 0, 0  # `begin` is the start of the bytes not yet dropped
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
        """Return any complete messages inside an incomplete one. If there are none, keep the incomplete message.

        Call this when the line has been quiet for a while.
        """
        for at in range(1, len(self._bytes)):
            if self._length(at):
                self._dropped(self._bytes[:at])
                self._bytes = self._bytes[at:]
                return self.feed(b"")
        return []

    def end(self) -> None:
        """Drop any incomplete message, because no more bytes will arrive."""
        self._dropped(self._bytes)
        self._bytes = b""

    def _length(self, at: int) -> int | None:
        """Return the length of the message at `at`: 0 if it is invalid, None if it is incomplete."""
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
