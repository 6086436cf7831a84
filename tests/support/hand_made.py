"""Handmade MCUboot images, valid and invalid. The hash and the signature always match the data that they cover."""

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.images.keys import public_key
from ticktalk.boards.images.mcuboot import (
    FLAG_ROM_FIXED,
    HEADER,
    MAGIC,
    PAIR,
    TLV_COUNTER,
    TLV_ED25519,
    TLV_INFO_MAGIC,
    TLV_KEY_HASH,
    TLV_PROTECTED_MAGIC,
    TLV_SHA256,
)

Pairs = list[tuple[int, bytes]]


def counter(value: int) -> tuple[int, bytes]:
    """Return the (type, value) pair for a security counter."""
    return TLV_COUNTER, struct.pack("<I", value)


def body_of(board: Board) -> bytes:
    """Return the body of an image for this board: a vector table, an endless loop, and padding."""
    return struct.pack("<IIH", board.ram.end, board.code_address + 8 | 1, 0xE7FE) + bytes(90)


def hand_made(
    board: Board,
    key: Path | None = None,
    *,
    protected: Pairs = (),
    behind: Callable[[Pairs], Pairs] = lambda pairs: pairs,
    flags: int = FLAG_ROM_FIXED,
    address: int | None = None,
    header_size: int | None = None,
    body: bytes | None = None,
    size: int | None = None,
    told: int | None = None,
    total: int | None = None,
) -> bytes:
    """Return an image with a protected TLV area and an unprotected one that holds the hash.

    If `key` is given, the unprotected area also holds the key's hash and the signature. `behind` is a function that may
    change the entries of the unprotected area. `size` and `told` override the header's sizes of the body and of the
    protected area. `total` overrides the size in the unprotected area's own header.
    """
    body = body_of(board) if body is None else body
    header_size = board.header_size if header_size is None else header_size
    address = board.slot_address if address is None else address
    area = _area(TLV_PROTECTED_MAGIC, protected) if protected else b""
    told, size = len(area) if told is None else told, len(body) if size is None else size
    hashed = HEADER.pack(MAGIC, address, header_size, told, size, flags, 1, 0, 0, 0).ljust(header_size, b"\0")
    hashed += body + area
    digest = hashlib.sha256(hashed[: header_size + size + told]).digest()
    pairs = [(TLV_SHA256, digest)]
    if key:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        signature = load_pem_private_key(key.read_bytes(), None).sign(digest)
        pairs += [(TLV_KEY_HASH, hashlib.sha256(public_key(key)).digest()), (TLV_ED25519, signature)]
    return hashed + _area(TLV_INFO_MAGIC, behind(pairs), total)


def _area(magic: int, pairs: Pairs, total: int | None = None) -> bytes:
    inner = b"".join(PAIR.pack(kind, len(value)) + value for kind, value in pairs)
    return PAIR.pack(magic, PAIR.size + len(inner) if total is None else total) + inner
