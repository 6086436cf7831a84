"""MCUboot images: made by imgtool, read and checked by ourselves as a boot loader does.

    header, header_size bytes | vector table, weights, code | TLV area with the SHA-256 of all before it, signature

The header and TLV layouts are those of MCUboot's design document (bootutil/image.h). The image says at which address it
runs (imgtool's --rom-fixed), so that a boot loader refuses an image made for another board.
"""

import hashlib
import struct
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError, MissingToolError

MAGIC = 0x96F3_B83D
TLV_INFO_MAGIC = 0x6907
TLV_PROTECTED_MAGIC = 0x6908
TLV_KEY_HASH = 0x01
TLV_SHA256 = 0x10
TLV_ED25519 = 0x24
TLV_COUNTER = 0x50
FLAG_ROM_FIXED = 0x100

_HEADER = struct.Struct("<IIHHIIBBHI4x")
_PAIR = struct.Struct("<HH")


@dataclass(frozen=True)
class Image:
    """A checked image. `size` counts header and TLVs, `hash` is the one MCUboot reports as the image's.

    `signature` (64 bytes, ed25519 of the hash) and `key_hash` (SHA-256 of the public key) are empty in an unsigned one.
    """

    version: str
    size: int
    hash: bytes
    address: int | None  # where the image says it runs; None if it does not say
    counter: int = 0  # security counter: a device refuses what is below the largest it has run
    signature: bytes = b""
    key_hash: bytes = b""


def make_image(binary: bytes, board: Board, version: str = "0.1.0", key: Path | None = None) -> bytes:
    """The MCUboot image of `binary` (from its vector table on) for `board`'s slot.

    `version` is major.minor.revision. `key`: the file of an ed25519 key to sign with; a signed image also has a
    security counter, made of its version. Raises ImageError when it does not fit, naming the sizes."""
    if len(binary) > board.code_limit:
        raise ImageError(
            f"image too big for {board.name}: {len(binary)} bytes of firmware, but the slot holds "
            f"{board.code_limit} ({board.slot_size} less {board.header_size} of header); use a smaller voice"
        )
    try:
        import click
        from imgtool.main import imgtool
    except ImportError:
        raise MissingToolError("the package imgtool is not installed: pip install imgtool") from None
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        source, target = Path(folder, "in.bin"), Path(folder, "out.bin")
        source.write_bytes(binary)
        # imgtool prints what it does, where a JSON object may be going.
        signed = [] if key is None else ["--key", str(key), "--security-counter", "auto"]
        try:
            with redirect_stdout(StringIO()):
                imgtool(
                    [
                        "sign",
                        *signed,
                        "--header-size",
                        str(board.header_size),
                        "--pad-header",
                        "--slot-size",
                        str(board.slot_size),
                        "--rom-fixed",
                        hex(board.slot_address),
                        "--version",
                        version,
                        "--align",
                        "4",
                        "--overwrite-only",
                        str(source),
                        str(target),
                    ],
                    standalone_mode=False,
                )
        except click.ClickException as error:
            raise ImageError(f"imgtool cannot make an image for {board.name}: {error.format_message()}") from None
        image = target.read_bytes()
    check_for_board(image, board, f"image for {board.name}")
    return image


def read_image(data: bytes, name: str = "image") -> Image:
    """Check `data`, which starts with an image and may go on (a whole slot): header, TLVs, SHA-256.

    Raises ImageError that starts with `name`.
    """
    if len(data) < _HEADER.size:
        raise ImageError(f"{name}: only {len(data)} bytes, no MCUboot image")
    magic, address, header_size, protected, size, flags, major, minor, revision, _ = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ImageError(f"{name}: no MCUboot image: it starts with {magic:#010x}, not {MAGIC:#010x}")
    hashed = header_size + size + protected
    if header_size < _HEADER.size or hashed + _PAIR.size > len(data):
        raise ImageError(f"{name}: header wants {hashed} bytes, there are {len(data)}; the image is damaged or cut")
    if protected and _PAIR.unpack_from(data, header_size + size) != (TLV_PROTECTED_MAGIC, protected):
        raise ImageError(f"{name}: the protected TLV area is damaged")
    _, inner = _tlvs(data, header_size + size, name, TLV_PROTECTED_MAGIC) if protected else (0, {})
    end, tlvs = _tlvs(data, hashed, name)
    if TLV_SHA256 not in tlvs:
        raise ImageError(f"{name}: no SHA-256 in the image")
    if tlvs[TLV_SHA256] != hashlib.sha256(data[:hashed]).digest():
        raise ImageError(f"{name}: SHA-256 does not match; the image is damaged")
    counter = inner.get(TLV_COUNTER, bytes(4))
    if len(counter) != 4:
        raise ImageError(f"{name}: a security counter of {len(counter)} bytes, it has 4")
    return Image(
        f"{major}.{minor}.{revision}",
        end,
        tlvs[TLV_SHA256],
        address if flags & FLAG_ROM_FIXED else None,
        int.from_bytes(counter, "little"),
        tlvs.get(TLV_ED25519, b""),
        tlvs.get(TLV_KEY_HASH, b""),
    )


def check_signature(image: Image, key: bytes, name: str = "image") -> None:
    """The image of `read_image` is signed with the private half of `key`: a public ed25519 key, DER
    (SubjectPublicKeyInfo).

    Raises ImageError that starts with `name`.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    if not image.signature:
        raise ImageError(
            f"{name}: not signed, and this device takes only signed images; make a key with 'ticktalk keys'"
        )
    if image.key_hash != hashlib.sha256(key).digest():
        raise ImageError(f"{name}: signed with another key than this device trusts")
    try:
        load_der_public_key(key).verify(image.signature, image.hash)
    except InvalidSignature:
        raise ImageError(f"{name}: the signature does not match; the image was altered") from None


def check_for_board(data: bytes, board: Board, name: str = "image") -> Image:
    """`read_image`, and the image is for this board: fits the slot, runs at its address, starts in slot and RAM."""
    image = read_image(data, name)
    header_size = struct.unpack_from("<H", data, 8)[0]
    if image.size > board.slot_size:
        raise ImageError(
            f"{name}: image too big for {board.name}: {image.size} bytes, the slot holds {board.slot_size}"
        )
    if header_size != board.header_size:
        raise ImageError(f"{name}: header of {header_size:#x} bytes, {board.name} wants {board.header_size:#x}")
    if image.address not in (None, board.slot_address):
        raise ImageError(
            f"{name}: made to run at {image.address:#x}, but {board.name}'s slot is at "
            f"{board.slot_address:#x}; export it for this board"
        )
    if image.size < header_size + 8:
        raise ImageError(f"{name}: no vector table")
    stack, reset = struct.unpack_from("<II", data, header_size)
    if not any(m.address < stack <= m.end for m in board.memories if m.kind == "ram"):
        raise ImageError(f"{name}: initial stack {stack:#x} is not in {board.name}'s RAM; export it for this board")
    if not board.code_address <= reset < board.slot_address + image.size or not reset & 1:
        raise ImageError(f"{name}: reset handler {reset:#x} is not in {board.name}'s slot; export it for this board")
    return image


def _tlvs(data: bytes, start: int, name: str, expected: int = TLV_INFO_MAGIC) -> tuple[int, dict[int, bytes]]:
    """End offset and {type: value} of the TLV area at `start`, which begins with the magic `expected`."""
    magic, total = _PAIR.unpack_from(data, start)
    if magic != expected or start + total > len(data):
        raise ImageError(f"{name}: no hash behind the image; it is damaged or cut")
    values, at, end = {}, start + _PAIR.size, start + total
    while at < end:
        if at + _PAIR.size > end:
            raise ImageError(f"{name}: the TLV area is damaged")
        kind, length = _PAIR.unpack_from(data, at)
        at += _PAIR.size + length
        if at > end:
            raise ImageError(f"{name}: the TLV area is damaged")
        values[kind] = data[at - length : at]
    return end, values
