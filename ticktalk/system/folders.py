"""Create or update output folders as a whole without losing any of the user's files in them.

The marker file `.ticktalk` states the kind of folder and lists every file that ticktalk wrote. All other files belong
to the user and are left unchanged. The folder itself is never replaced, so it may be a mount point, the working
directory, or the target of a symbolic link.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MARKER = ".ticktalk"
_STAGE = ".ticktalk-"


class NotOurs(Exception):
    """The folder, or a file that would be overwritten, belongs to the user. The message contains its path."""


def owned(folder: Path, kind: str) -> set[str] | None:
    """Return the paths of the files that ticktalk wrote, according to the folder's marker.

    Returns None if there is no marker of that kind.
    """
    try:
        told = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        if told["made by"] != "ticktalk" or told["kind"] != kind:
            return None
        return {*map(str, told["files"]), MARKER}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write(files: dict[str, bytes], out: Path | str, kind: str, ours: set[str] | None = None) -> Path:
    """Create or update the folder `out` from `files` (relative path -> content), and return its real path.

    Obsolete files that ticktalk wrote are removed, and unchanged files keep their modification time. If an error
    occurs, the folder remains as it was.

    ours: the files that ticktalk wrote, if a manifest other than the marker lists them. No marker is written in this
    case.
    Raises NotOurs if the folder belongs to the user, and OSError if it cannot be written.
    """
    out = Path(os.path.realpath(out))
    marked = ours is None
    if marked:
        names = sorted(files)
        told = {"made by": "ticktalk", "kind": kind, "files": names}
        files = files | {MARKER: (json.dumps(told, indent=1) + "\n").encode()}
        ours = owned(out, kind)
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=out.parent))
        try:
            _fill(stage, files)
            stage.chmod(0o777 & ~_umask())  # mkdtemp creates a private folder
            stage.rename(out)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        return out
    check(out, kind, set(files), ours, marked)
    changed = {name: content for name, content in files.items() if not _holds(out / name, content)}
    stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=out))
    try:
        _fill(stage / "new", changed)
        gone = [name for name, own in _entries(out, ours or set()) if own and name not in files]
        _exchange(stage, out, changed, gone)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    for name in gone:
        _remove_empty((out / name).parent, out)
    return out


def check(out: Path, kind: str, new: set[str], ours: set[str] | None, marked: bool = True) -> None:
    """Raise NotOurs if `out` is not a folder or belongs to the user, or if a user's file conflicts with `new`."""
    if not out.is_dir():
        raise NotOurs(f"{out}: not a folder; choose another path")
    if not ours and any(out.iterdir()):
        why = f" (it has no {MARKER})" if marked else ""
        raise NotOurs(f"{out}: exists, but is not a {kind} created by ticktalk{why}; choose another folder")
    for path, own in _entries(out, ours or set()):
        if not own and any(path == name or name.startswith(path + "/") or path.startswith(name + "/") for name in new):
            raise NotOurs(
                f"{out / path}: not created by ticktalk, and its path is needed for ticktalk's files; move it elsewhere"
            )


def _entries(folder: Path, ours: set[str], below: str = "") -> Iterator[tuple[str, bool]]:
    """Yield each path in `folder` and whether it is in `ours`. A folder that contains no files in `ours` is yielded as
    one path.

    Only existing files are yielded, even if the marker lists others.
    """
    for entry in os.scandir(folder / below):
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.is_dir(follow_symlinks=False):
            if any(name.startswith(path + "/") for name in ours):
                yield from _entries(folder, ours, path)
            else:
                yield path, False
        else:
            yield path, path in ours


def _holds(file: Path, content: bytes) -> bool:
    return file.is_file() and not file.is_symlink() and file.read_bytes() == content


def _fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _exchange(stage: Path, out: Path, changed: dict[str, bytes], gone: list[str]) -> None:
    """Replace old files with new ones, one by one. If a move fails, undo all of them."""
    moved: list[tuple[Path, Path]] = []

    def move(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        moved.append((source, target))
        source.rename(target)

    try:
        for name in dict.fromkeys([*gone, *changed]):
            if os.path.lexists(out / name):
                move(out / name, stage / "old" / name)
        for name in sorted(changed, key=lambda name: name == MARKER):  # write the marker last
            move(stage / "new" / name, out / name)
    except BaseException:
        for source, target in reversed(moved):
            if os.path.lexists(target) and not os.path.lexists(source):
                target.rename(source)
        raise


def _remove_empty(folder: Path, out: Path) -> None:
    while folder != out:
        try:
            folder.rmdir()
        except OSError:  # not empty, or already removed
            return
        folder = folder.parent


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
