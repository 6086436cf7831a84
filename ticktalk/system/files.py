"""Output files, written completely or not at all, whatever kind of file the path names.

A regular file is written beside its target and renamed, with the permissions of the file it replaces. A
symbolic link is followed, and its target replaced. A device, FIFO or pipe (/dev/null) is never replaced: the
finished bytes are written into it. The same goes for standard output (/dev/stdout).
"""

import errno
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STDOUT = Path("/dev/stdout")


@contextmanager
def replacing(path: Path | str, mode: int | None = None) -> Iterator[Path]:
    """Yield a new, empty file to fill. When the block ends without an error, its content is at `path`.

    mode: permissions for a new file; by default, 0666 less the umask. OSErrors name `path`.
    """
    path = Path(path)
    if is_stdout(path):
        with _into_stdout() as file:
            yield file
        return
    try:
        held = os.stat(path)
    except FileNotFoundError:
        held = None
    if held is not None and not stat.S_ISREG(held.st_mode):
        with _into_special(path, held) as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    if held is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    part = target.with_name(f".ticktalk-{os.getpid()}-{secrets.token_hex(4)}.part")
    with _named(path, part):
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode))
    try:
        with _named(path, part):
            yield part
            if held is not None:
                _same_permissions(part, held)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def write_bytes(path: Path | str, content: bytes, mode: int | None = None) -> None:
    """Write a file as `replacing` does."""
    with replacing(path, mode) as file:
        file.write_bytes(content)


def write_text(path: Path | str, content: str, mode: int | None = None) -> None:
    """Write a file in UTF-8 as `replacing` does."""
    write_bytes(path, content.encode(), mode)


def read_bytes(path: Path | str, most: int = 1 << 29) -> bytes:
    """Read a file that the user named, of at most `most` bytes, because /dev/zero has no end. OSErrors name
    the file."""
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"has more than {most >> 20} MB, too much for such a file", str(path))
    return content


def read_text(path: Path | str, most: int = 1 << 26) -> str:
    """Like `read_bytes`, for UTF-8 text. Also raises UnicodeDecodeError, a ValueError."""
    return read_bytes(path, most).decode("utf-8")


def readable_stem(path: Path | str) -> str:
    """A file's name without its suffix, as one line of text that any file can hold. The name itself may be
    any bytes."""
    return one_line(os.fsencode(Path(path).stem).decode("utf-8", "replace"))


def one_line(text: str) -> str:
    """Text from outside as one line that any file can hold, with U+FFFD for unprintable characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def check_writable(path: Path | str) -> None:
    """Raise OSError, which names `path`, if `replacing` could not write there. Leaves nothing behind."""
    path = Path(path)
    if is_stdout(path):
        return
    if path.exists() and not path.is_file():
        if path.is_dir():
            raise _is_folder(path)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return
    try:
        with replacing(path):
            raise _Enough
    except _Enough:
        pass


def is_stdout(path: Path | str) -> bool:
    """Whether the path names this process's standard output. It is written to directly, because others may
    have it open too if it is a file."""
    return str(path) in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class _Enough(Exception):
    """Ends a block of `replacing` without a result."""


@contextmanager
def _into_stdout() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        part = Path(folder, "part")
        part.touch()
        yield part
        sys.stdout.flush()
        with part.open("rb") as source:
            shutil.copyfileobj(source, sys.stdout.buffer)
        sys.stdout.buffer.flush()


@contextmanager
def _into_special(path: Path, held: os.stat_result) -> Iterator[Path]:
    if stat.S_ISDIR(held.st_mode):
        raise _is_folder(path)
    # The file format may need to seek, which a pipe cannot, so write elsewhere first.
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        part = Path(folder, "part")
        part.touch()
        yield part
        try:
            with part.open("rb") as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(path)) from None


def _is_folder(path: Path) -> OSError:
    return IsADirectoryError(errno.EISDIR, "is a folder; give a file", str(path))


@contextmanager
def _named(path: Path, part: Path) -> Iterator[None]:
    """Make an OSError about the temporary file name the path that the user knows."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and str(error.filename) == str(part):
            raise type(error)(error.errno, error.strerror, str(path)) from None
        raise


def _same_permissions(part: Path, held: os.stat_result) -> None:
    try:
        os.chown(part, held.st_uid, held.st_gid)
    except OSError:  # another user's file in our folder: it becomes ours
        pass
    part.chmod(stat.S_IMODE(held.st_mode))
