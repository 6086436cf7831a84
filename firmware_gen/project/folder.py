"""A project folder: what is generated goes there as a whole or not at all, and what did not change keeps its date."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError

MARK = "report.json"  # every project has one; a folder without it is somebody's own


def digest(files: dict[str, str | bytes]) -> str:
    """SHA-256 hex over names and contents, in the order of the names."""
    sha = hashlib.sha256()
    for name in sorted(files):
        content = _bytes(files[name])
        sha.update(f"{name}\n{len(content)}\n".encode() + content)
    return sha.hexdigest()


def write(files: dict[str, str | bytes], out_dir: Path | str) -> Path:
    """Make the folder `out_dir` of `files` (path in it -> content); folders build* in it stay.

    An older project there is replaced, but a file that is the same keeps its modification time, so that a
    build only compiles what changed. BuildError if `out_dir` is something else or cannot be written.
    """
    out = Path(out_dir)
    if out.exists() and not (out.is_dir() and ((out / MARK).is_file() or not any(out.iterdir()))):
        raise BuildError(f"{out}: exists and is not a project that ticktalk made; choose another folder")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise BuildError(f"{out}: cannot be made: {error.strerror}") from None
    try:
        for name, content in files.items():
            _write_one(stage / name, _bytes(content), out / name)
        stage.chmod(0o755)  # mkdtemp's is private
        _swap(stage, out)
    except OSError as error:
        raise BuildError(f"{out}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return out


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _write_one(path: Path, content: bytes, old: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if old.is_file() and old.read_bytes() == content:
        status = old.stat()
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _swap(stage: Path, out: Path) -> None:
    """`stage` becomes `out`, with the builds of the old one; the old one is gone."""
    if not out.exists():
        stage.rename(out)
        return
    for build in out.glob("build*"):
        build.rename(stage / build.name)
    old = stage.with_name(stage.name + ".old")
    out.rename(old)
    stage.rename(out)
    shutil.rmtree(old, ignore_errors=True)
