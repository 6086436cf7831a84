"""Keep two training runs out of one work folder, and two recordings out of one corpus, where they would replace each
other's files.

WORK/run-0.lock     locked by the run, or by process 0 of a run on several processes; run-1.lock by process 1, ...
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage.shard_folder import cannot_write

_held: set[tuple[Path, int]] = set()  # lock files, and the threads of this process that hold them


def check_free(work: Path, process: int) -> None:
    """Raise DistillError if another run is using the work folder, or if there can be none. Creates nothing."""
    file = lock_file(work, process)
    try:
        begun = file.exists()
    except OSError as error:  # such as a name that is too long
        raise cannot_write(file, error) from None
    if begun:
        with alone_in(work, process):
            pass


@contextmanager
def alone_in(work: Path, process: int) -> Iterator[None]:
    """Use the work folder in this block, as the process with this index (converter/training/processes.py).

    Raises DistillError if another run is using it. In this thread, blocks may be nested. The kernel releases the lock
    when the process ends, however it ends. Where the file system has no locks, nothing is locked.
    """
    file = lock_file(work, process)
    holder = file.resolve(), threading.get_ident()
    if holder in _held:
        yield
        return
    try:
        work.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)  # closed in child processes, which inherit no lock
    except OSError as error:
        raise cannot_write(file, error) from None
    try:
        _lock(descriptor, work)
        _held.add(holder)
        yield
    finally:
        _held.discard(holder)
        os.close(descriptor)


def lock_file(work: Path, process: int = 0) -> Path:
    """Return the lock file of a folder's run, in the process with this index."""
    return work / f"run-{process}.lock"


def _lock(descriptor: int, work: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # some network file systems report the latter
        raise DistillError(
            f"{work}: another run is using this folder; wait until it ends, or choose another name with --out"
        ) from None
    except OSError:  # the file system has no locks
        pass
