"""Write output files atomically, whatever type of file the path names.

The content of a regular file is written to a temporary file in the same folder. This file is then renamed, and given
the permissions of the file that it replaces. A symbolic link is followed, and its target is replaced. A device (like
/dev/null), FIFO or pipe is never replaced: the finished content is written to it. Standard output (/dev/stdout) is
treated in the same way.
"""

import errno
import io
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
_ZERO = "a zero byte is not text"


@contextmanager
def replacing(path: Path | str, mode: int | None = None) -> Iterator[Path]:
    """Yield the path of a new, empty file. If the block ends without an error, its content replaces `path`.

    mode: permissions of a new file, by default 0666 less the umask. Any OSError names `path`.
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
    """Write a file atomically; see `replacing`."""
    with replacing(path, mode) as file:
        file.write_bytes(content)


def write_text(path: Path | str, content: str, mode: int | None = None) -> None:
    """Write a UTF-8 file atomically; see `replacing`."""
    write_bytes(path, content.encode(), mode)


def read_bytes(path: Path | str, most: int = 1 << 29) -> bytes:
    """Read a file of at most `most` bytes. The limit guards against endless files such as /dev/zero.

    Any OSError includes the file name.
    """
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"is larger than {most >> 20} MB, the limit for such a file", str(path))
    return content


def read_text(path: Path | str, most: int = 1 << 26) -> str:
    """Like `read_bytes`, but decode the file as UTF-8, without a byte order mark.

    May also raise UnicodeDecodeError, a ValueError, if a byte is not UTF-8, or 0: that is not text, but perhaps UTF-16.
    """
    return text_of(read_bytes(path, most))


def text_of(content: bytes) -> str:
    """Decode the content of a text file; see `read_text`."""
    if (at := content.find(b"\0")) >= 0:
        raise UnicodeDecodeError("utf-8", content, at, at + 1, _ZERO)
    return content.decode("utf-8-sig")


def lines_of(text: str) -> list[str]:
    r"""Split the content of a text file at \n, \r\n and \r.

    Unlike str.splitlines, this does not split at characters that copied text may contain, such as form feed and U+2028.
    """
    return [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Return why a text file could not be read, for a message that names the file."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{'contains zero bytes' if error.reason == _ZERO else 'not UTF-8'}; save it as UTF-8 text"


def readable_stem(path: Path | str) -> str:
    """Return a file's name without its suffix as one line of valid text. File names may contain any bytes."""
    return one_line(os.fsencode(Path(path).stem).decode("utf-8", "replace"))


def one_line(text: str) -> str:
    """Return external text as one line, with U+FFFD in place of unprintable characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def check_writable(path: Path | str) -> None:
    """Raise an OSError that names `path` if `replacing` could not write to it. Creates no file."""
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
    """Return whether the path is this process's standard output.

    Standard output is written to directly, because other processes may have the same file open.
    """
    return str(path) in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


class _Enough(Exception):
    """Raised to leave a block of `replacing` without a result."""


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
    # The file format may require seeking, which a pipe does not support. Write to a temporary file first.
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
    return IsADirectoryError(errno.EISDIR, "is a folder; specify a file", str(path))


@contextmanager
def _named(path: Path, part: Path) -> Iterator[None]:
    """In an OSError, replace the temporary file's name with the path that the user gave."""
    try:
        yield
    except OSError as error:
        # Writing to an open file fails without a name.
        nameless = error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
        if nameless or (error.filename is not None and str(error.filename) == str(part)):
            raise type(error)(error.errno, error.strerror, str(path)) from None
        raise


def _same_permissions(part: Path, held: os.stat_result) -> None:
    try:
        os.chown(part, held.st_uid, held.st_gid)
    except OSError:  # the old file belongs to another user; the new one will belong to the current user
        pass
    part.chmod(stat.S_IMODE(held.st_mode))
