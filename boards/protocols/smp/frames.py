"""SMP over a serial port: packets in lines of base64, and the packet header. Both the client and the
simulated device use this module.

    line    := (06 09 for a packet's first line | 04 14 for its other lines) base64 0A, at most 127 bytes
    packet  := length u16 | header, CBOR | crc u16  (big-endian; CRC-16/XMODEM of header and CBOR; length includes crc)
    header  := op|version<<3 u8, flags u8, length u16, group u16, sequence u8, command u8

This is the format of Zephyr's "SMP over console" and of MCUboot's serial recovery (boot_serial).
"""

import base64
import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass

FIRST, NEXT = b"\x06\x09", b"\x04\x14"
LINE = 127  # maximum bytes per line, including the newline
READ, READ_ANSWER, WRITE, WRITE_ANSWER = 0, 1, 2, 3
OS, IMAGE, OURS = 0, 1, 64  # groups; 64 is the first vendor-specific one
ECHO, RESET, PARAMETERS = 0, 5, 6  # commands of OS
STATE, UPLOAD, ERASE = 0, 1, 5  # commands of IMAGE
RANGE_HASH, COPY = 0, 1  # commands of OURS (docs/reference/protocols.md)
GRAIN = 4096  # block size in bytes for OURS, because hashes of single bytes would reveal the flash contents
PRIMARY, SECONDARY = 0, 2  # image numbers in an upload: the slots of MCUboot's first image
HEADER = struct.Struct(">BBHHBB")
OVERHEAD = 4  # bytes in a packet for length and crc


@dataclass(frozen=True)
class Header:
    """A packet header.

    `op` is one of READ to WRITE_ANSWER. `version` is 0 or 1, and determines the format of errors. `length` is
    the size of the CBOR in bytes.
    """

    op: int
    version: int
    length: int
    group: int
    sequence: int
    command: int

    def pack(self) -> bytes:
        """Return the 8 bytes of the header."""
        return HEADER.pack(self.op | self.version << 3, 0, self.length, self.group, self.sequence, self.command)

    @classmethod
    def unpack(cls, packet: bytes) -> "Header":
        """Decode the header of a packet of at least 8 bytes."""
        first, _, length, group, sequence, command = HEADER.unpack_from(packet)
        return cls(first & 7, first >> 3 & 3, length, group, sequence, command)


def encode(packet: bytes, line: int = LINE) -> bytes:
    """Encode a packet (header and CBOR) as lines."""
    crc = binascii.crc_hqx(packet, 0)
    text = base64.b64encode(struct.pack(">H", len(packet) + 2) + packet + struct.pack(">H", crc))
    room = (line - 3) // 4 * 4
    pieces = [text[i : i + room] for i in range(0, len(text), room)]
    return b"".join((NEXT if i else FIRST) + piece + b"\n" for i, piece in enumerate(pieces))


def encoded_size(packet_size: int, line: int = LINE) -> int:
    """Return the number of bytes that a packet of `size` bytes takes on the line."""
    text = (packet_size + OVERHEAD + 2) // 3 * 4
    room = (line - 3) // 4 * 4
    return text + -(-text // room) * 3


class Decoder:
    """Decodes packets. `dropped` is called with all other bytes, except for empty lines between packets.

    `largest` is the maximum size of a packet in bytes, including its length and CRC. `line` is the maximum
    size of a line. A line that starts with 06 09 always starts a new packet, so a retransmission is decoded
    even after an incomplete packet. Other text, such as a prompt or a log without a newline, may precede the
    marker on its line, unless the decoder is `strict`, as MCUboot's is.
    """

    def __init__(
        self,
        largest: int = 0xFFFF,
        line: int = 0xFFFF,
        strict: bool = False,
        dropped: Callable[[bytes], None] = lambda data: None,
    ):
        self._largest, self._line, self._strict, self._dropped = largest, line, strict, dropped
        self._text = b""  # the line being received
        self._packet: bytes | None = None
        self._lines = b""  # raw lines of the packet being received
        self._noisy = False  # whether the last dropped bytes were noise

    def feed(self, data: bytes) -> list[bytes]:
        """Return the packets that `data` completes, without length and CRC."""
        *lines, self._text = (self._text + data).split(b"\n")
        packets = [p for p in map(self._take, lines) if p is not None]
        self._text = self._framed(self._text)
        if len(self._text) > self._line:  # keep only enough to detect that the line is too long
            self._dropped(self._text[self._line + 1 :])
            self._text = self._text[: self._line + 1]
        return packets

    def end(self) -> None:
        """Drop any incomplete packet, because no more bytes will arrive."""
        self._dropped(self._lines + self._text)
        self._packet, self._lines, self._text = None, b"", b""

    def _drop(self, line: bytes = b"") -> None:
        if lost := self._lines + line:
            self._dropped(lost)
        self._packet, self._lines = None, b""

    def _framed(self, line: bytes) -> bytes:
        """Return the line from its marker to its end, or at most its last byte if it has no marker.

        That byte is kept only if it may be the first half of a marker.
        Base64 contains no markers, so the frame starts at the last marker.
        """
        if self._strict:
            return line
        begin = max(line.rfind(FIRST), line.rfind(NEXT))
        if begin < 0:
            begin = len(line) - line.endswith((FIRST[:1], NEXT[:1]))
        if begin:
            self._noisy = True
            self._dropped(line[:begin])
        return line[begin:]

    def _take(self, line: bytes) -> bytes | None:
        framed = self._framed(line)
        whole, line, empty = framed + b"\n", framed.removesuffix(b"\r"), not line.removesuffix(b"\r")
        mark = line[:2]
        if mark not in (FIRST, NEXT):  # noise between packets
            if self._noisy or not empty:
                self._dropped(whole)
            self._noisy = self._noisy or not empty
            return None
        self._noisy = False
        if mark == FIRST:
            self._drop()  # drop an earlier, incomplete packet
        if len(line) + 1 > self._line or (mark == NEXT and self._packet is None):
            self._drop(whole)
            return None
        try:
            piece = base64.b64decode(line[2:], validate=True)
        except binascii.Error:
            self._drop(whole)
            return None
        self._lines += whole
        self._packet = piece if self._packet is None else self._packet + piece
        if len(self._packet) < 2:
            self._drop()
            return None
        length = int.from_bytes(self._packet[:2], "big")
        if length + 2 > self._largest or length < HEADER.size + 2 or len(self._packet) > length + 2:
            self._drop()
            return None
        if len(self._packet) < length + 2:
            return None
        body, crc = self._packet[2:-2], int.from_bytes(self._packet[-2:], "big")
        if binascii.crc_hqx(body, 0) != crc or Header.unpack(body).length != len(body) - HEADER.size:
            self._drop()
            return None
        self._packet, self._lines = None, b""
        return body
