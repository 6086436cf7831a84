"""Imitate an ESP32 application built with ESP-IDF."""

import random
import struct
from functools import reduce
from hashlib import sha256
from operator import xor


def application(size: int = 100_000, seed: int = 1, chip: int = 9, version: str = "1.2.3") -> bytes:
    """Return an application in the format of ESP-IDF: two segments, checksum and SHA-256.

    The segments contain random bytes, because the application never runs.
    """
    chance = random.Random(seed)
    about = struct.pack("<II8x32s32s", 0xABCD5432, 0, version.encode(), b"ticktalk").ljust(256, b"\0")
    segments = [
        (0x3C00_0020, about + chance.randbytes(size // 2 // 4 * 4)),
        (0x4200_0020, chance.randbytes(size // 2 // 4 * 4)),
    ]
    image = struct.pack(
        "<BBBBIBBBBHBHHBBBBB",
        0xE9,
        len(segments),
        2,
        0x4F,
        0x4200_0024,
        0xEE,
        0,
        0,
        0,
        chip,
        0,
        0,
        0xFFFF,
        0,
        0,
        0,
        0,
        1,
    )
    for address, data in segments:
        image += struct.pack("<II", address, len(data)) + data
    image += bytes(15 - len(image) % 16) + bytes([reduce(xor, b"".join(data for _, data in segments), 0xEF)])
    return image + sha256(image).digest()
