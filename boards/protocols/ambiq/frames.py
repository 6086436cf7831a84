"""Messages of the wired update of Ambiq's secure boot loader (SBL), and the blob that an update carries.

    CRC-32 (u32) | type (u16) | length of the whole message (u16) | payload          all little-endian

The CRC covers everything after it. Nothing marks where a message begins. The formats are those of AmbiqSuite
(uart_wired_update.py, create_cust_image_blob.py for Apollo4 and Apollo510).
"""

import struct
import zlib
from collections.abc import Callable

HELLO, STATUS, OTADESC, UPDATE, ABORT, RECOVER, RESET, ACK, DATA = range(9)
LONGEST = 8192  # bytes in a message: the boot loader's buffer
HEADER = struct.Struct("<IHH")
ANSWER = struct.Struct("<III")  # an ACK's payload: the message's type, status and number (DATA: its offset)
START = struct.Struct("<III")  # an UPDATE's payload: size of the blob, its CRC-32, bytes of it in this message
STATUS_SIZE = (
    128  # bytes of a STATUS: version, largest update, status, state, chip (u64), 2 words, SoC (8 words), 16 words
)
CARRIED = LONGEST - HEADER.size - 4  # bytes of a blob in a DATA, after their offset
RESET_WARM = 1  # RESET's option: power-on initialisation
FORGET = 0  # ABORT's option: drop the update, stay in the boot loader

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
    "not possible now",
    "invalid parameter",
    "wrong offset",
    "too much data",
)

# The blob: size and flags, CRC-32 of everything after it, algorithms (none), 0; magic and options, address, key, 0;
# then the data.
BLOB = struct.Struct("<IIIIIIII")
BLOB_HAS_CRC = 1 << 26
BLOB_SIZE = (1 << 23) - 1
WIRED = 0xCD  # the magic number of data for an address
PROGRAM_KEY = 0x1234_4321


def encode(kind: int, payload: bytes = b"") -> bytes:
    """Encode one message."""
    body = struct.pack("<HH", kind, HEADER.size + len(payload)) + payload
    return struct.pack("<I", zlib.crc32(body)) + body


def blob(address: int, data: bytes) -> bytes:
    """The update that writes `data` (whole words of 4 bytes) to `address`."""
    behind = struct.pack("<IIIIII", 0, 0, WIRED, address, PROGRAM_KEY, 0) + data
    return struct.pack("<II", BLOB_HAS_CRC | 8 + len(behind), zlib.crc32(behind)) + behind


class Decoder:
    """Turns bytes from the boot loader into its messages (STATUS, ACK). All other bytes go to `dropped`."""

    def __init__(self, dropped: Callable[[bytes], None] = lambda data: None):
        self._bytes, self._dropped = b"", dropped

    @property
    def pending(self) -> bool:
        """Whether a message seems to have begun that might be noise in front of a complete one."""
        return len(self._bytes) > HEADER.size

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return (type, payload) of the messages that `data` completes."""
        self._bytes += data
        found, at, begin = [], 0, 0  # `begin`: start of the bytes not yet dropped
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
        """The line is quiet: return complete messages within an apparently longer, unfinished one. If there
        are none, keep waiting for it."""
        for at in range(1, len(self._bytes)):
            if self._length(at):
                self._dropped(self._bytes[:at])
                self._bytes = self._bytes[at:]
                return self.feed(b"")
        return []

    def end(self) -> None:
        """No more bytes will come: drop whatever is unfinished."""
        self._dropped(self._bytes)
        self._bytes = b""

    def _length(self, at: int) -> int | None:
        """Length of the message at `at`: 0 if it is not a message, None if bytes are missing."""
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
