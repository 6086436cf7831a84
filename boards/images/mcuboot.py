"""Create MCUboot images with imgtool, and check images as a boot loader does.

    header (header_size bytes) | vector table, weights, code | TLV area with SHA-256 of the preceding bytes, signature

The header and TLV layouts are specified in MCUboot's design document and in bootutil/image.h. The header
states the address at which the image runs (imgtool's --rom-fixed), so a boot loader refuses images for other
boards.

The reader in this module, the firmware's reader (templates/device/update/boot_image.c) and the simulated boot
loader, which uses this module, apply the same rules. The security counter is valid only in the protected TLV
area, which is hashed and signed, and may occur only once there. Outside that area, only hashes, keys and
signatures are allowed, each at most once and with a fixed length. MCUboot's bootutil accepts no other types
either (image_validate.c: allowed_unprot_tlvs). A test checks that all three implementations agree.
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
from ticktalk.boards.images import DEFAULT_VERSION

MAGIC = 0x96F3_B83D
TLV_INFO_MAGIC = 0x6907
TLV_PROTECTED_MAGIC = 0x6908
TLV_KEY_HASH = 0x01
TLV_SHA256 = 0x10
TLV_ED25519 = 0x24
TLV_COUNTER = 0x50
FLAG_PIC = 0x1
FLAG_ROM_FIXED = 0x100

HEADER = struct.Struct("<IIHHIIBBHI4x")
VERSION_LIMITS = 255, 255, 65_535  # maximum major, minor and revision numbers
PAIR = struct.Struct("<HH")
VECTORS = 8  # minimum bytes after the header: initial stack pointer and reset handler
# TLVs allowed outside the protected area: key hash and key; SHA-256, -384, -512; RSA, ECDSA and ed25519 signatures.
_UNPROTECTED = frozenset((0x01, 0x02, 0x10, 0x11, 0x12, 0x20, 0x21, 0x22, 0x23, 0x24))
_LEAST_PROTECTED = 0x40  # lower types are hashes, keys and signatures, which do not cover themselves
_LENGTHS = {TLV_KEY_HASH: 32, TLV_SHA256: 32, TLV_ED25519: 64, TLV_COUNTER: 4}
_NAMES = {TLV_KEY_HASH: "key hash", TLV_SHA256: "SHA-256", TLV_ED25519: "signature", TLV_COUNTER: "security counter"}


@dataclass(frozen=True)
class Image:
    """A checked image.

    `size` includes the header and TLVs, and `hash` is the hash that MCUboot reports. `signature` (64 bytes,
    the ed25519 signature of the hash) and `key_hash` (SHA-256 of the public key) are empty in an unsigned
    image. `counter` is the security counter or None. A device refuses an image whose counter is lower than that of any
    image it has run before.
    """

    version: str
    size: int
    hash: bytes
    address: int | None  # the address at which the image runs, if its header states one
    counter: int | None = None
    signature: bytes = b""
    key_hash: bytes = b""
    header_size: int = 0


def make_image(binary: bytes, board: Board, version: str = DEFAULT_VERSION, key: Path | None = None) -> bytes:
    """Return the MCUboot image of `binary`, which starts with its vector table, for the slot of `board`.

    `version` is major.minor.revision. `key` is the file of an ed25519 key for signing. A signed image also
    has a security counter, derived from its version. Raises `ImageError` if the image does not fit; the message states
    the sizes.
    """
    if len(binary) > board.code_limit:
        raise ImageError(
            f"image too big for {board.name}: {len(binary)} bytes of firmware, but the slot holds "
            f"{board.code_limit} ({board.slot_size} less {board.header_size} for the header and the boot loader's "
            f"trailer); use a smaller voice"
        )
    try:
        import click
        from imgtool.main import imgtool
    except ImportError:
        raise MissingToolError("the package imgtool is not installed: pip install imgtool") from None
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        source, target = Path(folder, "in.bin"), Path(folder, "out.bin")
        source.write_bytes(binary)
        # imgtool prints progress to standard output, which may be reserved for JSON.
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
            raise ImageError(f"imgtool cannot create an image for {board.name}: {error.format_message()}") from None
        image = target.read_bytes()
    check_for_board(image, board, f"image for {board.name}")
    return image


def read_image(data: bytes, name: str = "image") -> Image:
    """Check the header, TLVs and SHA-256 of the image at the start of `data`, and return its properties.

    `data` may be a whole slot, in which the image is followed by other bytes. Raises `ImageError` with a message that
    starts with `name`.
    """
    if len(data) < HEADER.size:
        raise ImageError(f"{name}: only {len(data)} bytes, not an MCUboot image")
    magic, address, header_size, protected, size, flags, major, minor, revision, _ = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ImageError(f"{name}: not an MCUboot image: it starts with {magic:#010x}, not {MAGIC:#010x}")
    hashed = header_size + size + protected
    if header_size < HEADER.size or hashed + PAIR.size > len(data):
        raise ImageError(
            f"{name}: the header states {hashed} bytes, but there are {len(data)}; the image is damaged or truncated"
        )
    if size < VECTORS:
        raise ImageError(f"{name}: no vector table: only {size} bytes after the header")
    if flags & ~(FLAG_PIC | FLAG_ROM_FIXED):
        raise ImageError(
            f"{name}: header flags {flags:#x}: the image is encrypted, compressed, not bootable or built to run in "
            f"RAM; create an image that runs in place"
        )
    counter = None
    if protected:
        end, held = _area(data, header_size + size, TLV_PROTECTED_MAGIC, name)
        if end != hashed:
            raise ImageError(f"{name}: the protected TLV area is damaged")
        counter = _protected(held, name)
    end, held = _area(data, hashed, TLV_INFO_MAGIC, name)
    tlvs = _unprotected(held, name)
    if TLV_SHA256 not in tlvs:
        raise ImageError(f"{name}: no SHA-256 in the image")
    if tlvs[TLV_SHA256] != hashlib.sha256(data[:hashed]).digest():
        raise ImageError(f"{name}: SHA-256 does not match; the image is damaged")
    return Image(
        f"{major}.{minor}.{revision}",
        end,
        tlvs[TLV_SHA256],
        address if flags & FLAG_ROM_FIXED else None,
        counter,
        tlvs.get(TLV_ED25519, b""),
        tlvs.get(TLV_KEY_HASH, b""),
        header_size,
    )


def check_signature(image: Image, key: bytes, name: str = "image") -> None:
    """Check that the image is signed with the private key that belongs to `key`.

    `image` comes from `read_image`. `key` is a public ed25519 key in DER (SubjectPublicKeyInfo). Raises
    `ImageError` with a message that starts with `name`.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    if not image.signature:
        raise ImageError(
            f"{name}: not signed, but this device accepts only signed images; create a key with 'ticktalk keys'"
        )
    if image.key_hash != hashlib.sha256(key).digest():
        raise ImageError(f"{name}: signed with a key that this device does not trust")
    public = load_der_public_key(key)
    if not isinstance(public, Ed25519PublicKey):
        raise ImageError(
            f"{name}: the key that this device trusts is not an ed25519 key; create one with 'ticktalk keys'"
        )
    try:
        public.verify(image.signature, image.hash)
    except InvalidSignature:
        raise ImageError(f"{name}: the signature does not match; the image was altered") from None


def check_for_board(data: bytes, board: Board, name: str = "image") -> Image:
    """Like `read_image`, but also check that the image is for this board.

    The image must fit the slot and run at the slot's address, with its initial stack pointer in RAM and its reset
    handler in the slot.
    """
    image = read_image(data, name)
    check_placed(image, board, name)
    stack, reset = struct.unpack_from("<II", data, image.header_size)
    if not any(m.address < stack <= m.end for m in board.memories if m.kind == "ram"):
        raise ImageError(
            f"{name}: initial stack pointer {stack:#x} is not in {board.name}'s RAM; export it for this board"
        )
    if not board.code_address <= reset < board.slot_address + image.size or not reset & 1:
        raise ImageError(f"{name}: reset handler {reset:#x} is not in {board.name}'s slot; export it for this board")
    return image


def check_placed(image: Image, board: Board, name: str = "image") -> None:
    """Check that the image fits the board's slot, with the right header size and address.

    With a wrong header size, a boot loader would execute bytes that are not covered by the hash.
    """
    if image.size > board.image_limit:
        raise ImageError(
            f"{name}: image too big for {board.name}: {image.size} bytes, but the slot of {board.slot_size} holds "
            f"{board.image_limit} besides the boot loader's trailer; use a smaller voice"
        )
    if image.header_size != board.header_size:
        raise ImageError(
            f"{name}: the header has {image.header_size:#x} bytes, but {board.name} requires {board.header_size:#x}"
        )
    if image.address not in (None, board.slot_address):
        raise ImageError(
            f"{name}: built to run at {image.address:#x}, but {board.name}'s slot is at "
            f"{board.slot_address:#x}; export it for this board"
        )


def _area(data: bytes, start: int, expected: int, name: str) -> tuple[int, list[tuple[int, bytes]]]:
    """Return the end offset and the (type, value) list of the TLV area at `start`.

    `expected` is the magic number at the start of the area.
    """
    if start + PAIR.size > len(data):
        raise ImageError(f"{name}: no hash after the image; it is damaged or truncated")
    magic, total = PAIR.unpack_from(data, start)
    if magic != expected or total < PAIR.size or start + total > len(data):
        raise ImageError(f"{name}: no hash after the image; it is damaged or truncated")
    held: list[tuple[int, bytes]] = []
    at, end = start + PAIR.size, start + total
    while at < end:
        if at + PAIR.size > end:
            raise ImageError(f"{name}: the TLV area is damaged")
        kind, length = PAIR.unpack_from(data, at)
        at += PAIR.size + length
        if at > end:
            raise ImageError(f"{name}: the TLV area is damaged")
        held.append((kind, data[at - length : at]))
    return end, held


def _protected(held: list[tuple[int, bytes]], name: str) -> int | None:
    """Return the security counter, or None if there is none. The protected area may contain other TLVs too."""
    counters = [value for kind, value in held if kind == TLV_COUNTER]
    for kind, value in held:
        if kind < _LEAST_PROTECTED:
            raise ImageError(f"{name}: a TLV of type {kind:#x} is not allowed in the protected area")
        _check_length(kind, value, name)
    if len(counters) > 1:
        raise ImageError(f"{name}: {len(counters)} security counters instead of one; the image was altered")
    return int.from_bytes(counters[0], "little") if counters else None


def _unprotected(held: list[tuple[int, bytes]], name: str) -> dict[int, bytes]:
    """Return {type: value} for the TLVs that are not covered by the hash."""
    values: dict[int, bytes] = {}
    for kind, value in held:
        if kind not in _UNPROTECTED:
            raise ImageError(
                f"{name}: {_NAMES.get(kind, f'a TLV of type {kind:#x}')} outside the protected area is not "
                "covered by the signature; the image was altered"
            )
        if kind in values:
            raise ImageError(
                f"{name}: {_NAMES.get(kind, f'a TLV of type {kind:#x}')} occurs twice; the image was altered"
            )
        if kind == TLV_ED25519 and TLV_KEY_HASH not in values:
            raise ImageError(f"{name}: the signature does not follow the hash of its key")
        _check_length(kind, value, name)
        values[kind] = value
    return values


def _check_length(kind: int, value: bytes, name: str) -> None:
    if len(value) != _LENGTHS.get(kind, len(value)):
        raise ImageError(f"{name}: the {_NAMES[kind]} has {len(value)} bytes instead of {_LENGTHS[kind]}")
