"""Write a project folder atomically, keeping the modification times of unchanged files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.system import folders

KIND = "project"


def digest(files: Mapping[str, str | bytes]) -> str:
    """Return the hexadecimal SHA-256 digest of the file names and contents, in order of name."""
    sha = hashlib.sha256()
    for name in sorted(files):
        content = _bytes(files[name])
        sha.update(f"{name}\n{len(content)}\n".encode() + content)
    return sha.hexdigest()


def write(files: Mapping[str, str | bytes], out_dir: Path | str) -> Path:
    """Write `files`, a mapping from relative path to content, to the folder `out_dir`, and return its path.

    An existing project in `out_dir` is replaced. Unchanged files keep their modification times, so the next build
    compiles only changed files. Build folders and files that you added are preserved. Raises BuildError if `out_dir` is
    a different kind of folder or cannot be written.
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
