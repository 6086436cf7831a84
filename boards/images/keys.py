"""The ed25519 key that signs images: made by imgtool, readable only by its owner."""

import hashlib
from pathlib import Path

from ticktalk.boards.errors import ImageError, MissingToolError
from ticktalk.system.files import read_bytes, replacing
from ticktalk.system.home import config_folder


def default_key() -> Path:
    """Where `ticktalk keys` keeps the key. Once it exists, images are signed. Raises ImageError without a
    home."""
    folder = config_folder()
    if folder is None:
        raise ImageError("no place to keep a key: this user has no home; set HOME or XDG_CONFIG_HOME")
    return folder / "ed25519.pem"


def existing_key() -> Path | None:
    """The default key's file; None if there is no key."""
    if config_folder() is None:
        return None
    path = default_key()
    return path if path.exists() else None


def make_key(path: Path) -> None:
    """Make a new private key in `path`, readable only by its owner. Raises ImageError if there already is
    one."""
    try:
        from imgtool.keys import Ed25519
    except ImportError:
        raise MissingToolError("the package imgtool is not installed: pip install imgtool") from None
    if path.exists():
        raise ImageError(
            f"{path}: there already is a key, and devices that trust it accept no other; move it away first"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, mode=0o600) as part:
        Ed25519.generate().export_private(str(part))


def public_key(path: Path) -> bytes:
    """The public half of a key file (private or public PEM) as DER, as built into a boot loader. Raises
    ImageError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    try:
        pem = read_bytes(path, 1 << 20)
        if b"PRIVATE" in pem:
            key = serialization.load_pem_private_key(pem, None).public_key()
        else:
            key = serialization.load_pem_public_key(pem)
    except OSError as error:
        raise ImageError(f"{path}: cannot read the key: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ImageError(f"{path}: not a PEM key without a passphrase") from None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ImageError(f"{path}: not an ed25519 key; make one with 'ticktalk keys'")
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_hash(key: bytes) -> str:
    """SHA-256 of a public key in hex, by which an image names its signing key."""
    return hashlib.sha256(key).hexdigest()


def write_c_source(path: Path, out: Path) -> None:
    """Write the public half of a key file as the C array that MCUboot is built with."""
    from imgtool.keys import load

    with replacing(out) as part:
        load(str(path)).emit_c_public(str(part))
