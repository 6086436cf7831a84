"""Write a project folder as a whole or not at all. Unchanged files keep their modification times."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.system import folders

KIND = "project"


def digest(files: Mapping[str, str | bytes]) -> str:
    """Return the SHA-256 in hex over names and contents, in the order of the names."""
    sha = hashlib.sha256()
    for name in sorted(files):
        content = _bytes(files[name])
        sha.update(f"{name}\n{len(content)}\n".encode() + content)
    return sha.hexdigest()


def write(files: Mapping[str, str | bytes], out_dir: Path | str) -> Path:
    """Write `files` (path in the folder -> content) to the folder `out_dir`.

    An older project there is replaced. Unchanged files keep their modification times, so a build compiles only what
    changed. Builds and files that you added stay. Raises BuildError if `out_dir` is not a project or cannot be written.
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
