"""Write the constants of a voice's graphs to a separate file, whose address the application passes at run time.

NAME.weights.bin consists of a 64-byte header and the constants of the phoneme graph and of the frame graph. The
integers are little-endian:

    0   "TTWB"
    4   uint32 version, 1
    8   uint32 number of bytes after the header
    12  uint32 CRC-32 (IEEE 802.3, as in zlib) of these bytes
    16  the library's prefix, ASCII, padded with zeros to 48 bytes
"""

import struct
import zlib
from dataclasses import dataclass

from ticktalk.firmware_gen.graph.model import CONSTANT_ALIGNMENT
from ticktalk.firmware_gen.project.escape import Code

MAGIC, VERSION = b"TTWB", 1
HEADER = struct.Struct("<4sIII48s")


@dataclass(frozen=True)
class Weights:
    """The contents of NAME.weights.bin. `frame_at` is the offset of the frame graph's constants, relative to the end of
    the header."""

    data: bytes
    frame_at: int

    def context(self) -> dict:
        """Return the context for speech/external.c.j2."""
        header = self.data[: HEADER.size]
        lines = [", ".join(map(str, header[i : i + 16])) + "," for i in range(0, HEADER.size, 16)]
        return {
            "bytes": len(self.data),
            "alignment": CONSTANT_ALIGNMENT,
            "header": header,
            "header_lines": [Code(line) for line in lines],
            "crc": Code(f"{HEADER.unpack(header)[3]:#x}u"),
            "frame_at": self.frame_at,
        }


def weights(name: str, graphs: dict[str, bytes]) -> Weights:
    """Return the file for a library with the prefix `name`, from the constants of its graphs."""
    content = graphs["phoneme"] + graphs["frame"]
    header = HEADER.pack(MAGIC, VERSION, len(content), zlib.crc32(content), name.encode())
    return Weights(header + content, len(graphs["phoneme"]))
