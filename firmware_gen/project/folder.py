"""A project folder: what is generated goes there as a whole or not at all, and what did not change keeps its date."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.system import folders

KIND = "project"


def digest(files: Mapping[str, str | bytes]) -> str:
    """SHA-256 hex over names and contents, in the order of the names."""
    sha = hashlib.sha256()
    for name in sorted(files):
        content = _bytes(files[name])
        sha.update(f"{name}\n{len(content)}\n".encode() + content)
    return sha.hexdigest()


def write(files: Mapping[str, str | bytes], out_dir: Path | str) -> Path:
    """Make the folder `out_dir` of `files` (path in it -> content). What else is in it stays: builds, and whatever
    somebody has added.

    An older project there is replaced, but a file that is the same keeps its modification time, so that a
    build only compiles what changed. BuildError if `out_dir` is something else or cannot be written.
    """
    out = Path(out_dir)
    try:
        folders.write({name: _bytes(content) for name, content in files.items()}, out, KIND)
    except folders.NotOurs as error:
        raise BuildError(str(error)) from None
    except OSError as error:
        raise BuildError(f"{out}: cannot be written: {error.strerror}") from None
    return out


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
