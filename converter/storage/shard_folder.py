"""Write and read shards, which are folders of arrays. A shard is either complete or absent.

Several workers can create shards in parallel. index.json contains the digest of the shard's inputs and the SHA-256 of
each array.
"""

import errno
import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from typing import TypeVar

import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.system import processes
from ticktalk.system.errors import shown

SENTENCES_A_SHARD = 100
INDEX = "index.json"

Make = Callable[..., tuple[dict[str, np.ndarray], dict]]  # make(folder, *arguments) -> (arrays, index)
Shard = TypeVar("Shard")


def digest_of(*parts: str) -> str:
    """Return the SHA-256, in hex, of the given strings in order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def grouped(sentences: list[str], out: Path) -> list[tuple[Path, list[str]]]:
    """Return each shard's folder under `out` and its sentences."""
    groups = [sentences[i : i + SENTENCES_A_SHARD] for i in range(0, len(sentences), SENTENCES_A_SHARD)]
    return [(out / f"{number:04d}", group) for number, group in enumerate(groups)]


def cannot_write(path: Path, error: OSError) -> DistillError:
    """Convert a write error, such as a full disk, to a DistillError."""
    # NumPy reports a short write without an errno, as "12 requested and 0 written".
    why = error.strerror or f"is the disk full? ({error})"
    if error.errno in (None, errno.ENOSPC, errno.EDQUOT, errno.EIO):
        remedy = "free some space and run the command again to resume"
    else:
        remedy = "choose a path where you may create folders and files"
    return DistillError(f"{path}: cannot be written: {why}; {remedy}")


def write_shard(folder: Path, arrays: dict[str, np.ndarray], index: dict) -> None:
    """Write index.json and each of the `arrays` as NAME.npy.

    If writing fails, raises DistillError and leaves no partial shard.
    """
    partial, file = folder.with_suffix(".partial"), folder
    for each in (partial, folder):
        _check_ours(each)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        sha256 = {}
        for name, array in arrays.items():
            file = partial / f"{name}.npy"
            np.save(file, array)
            with file.open("rb") as written:
                sha256[name] = hashlib.file_digest(written, "sha256").hexdigest()
        file = partial / INDEX
        file.write_text(json.dumps(index | {"sha256": sha256}))
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise cannot_write(folder / file.name, error) from None


def _check_ours(folder: Path) -> None:
    """Raise DistillError if `folder` exists and is not a shard, because writing would delete it."""
    if not os.path.lexists(folder):
        return
    if not folder.is_dir() or folder.is_symlink():
        raise DistillError(f"{folder}: not a shard; move it elsewhere, or choose another folder")
    for path in folder.iterdir():
        if not path.is_file() or (path.name != INDEX and path.suffix != ".npy"):
            raise DistillError(f"{path}: is in a shard folder, but was not created by ticktalk; move it elsewhere")


def read_index(folder: Path) -> dict:
    """Return the content of a shard's index.json. Raises a DistillError that names the file if it is corrupted."""
    try:
        index = json.loads((folder / INDEX).read_text())
        _check_index(index)
        return index | {"sha256": dict(index["sha256"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DistillError(
            f"{folder / INDEX}: corrupted shard ({_one_line(error)}); run the command again to rebuild the shard"
        ) from None


def _check_index(index: dict) -> None:
    """Raise ValueError, KeyError or TypeError if the lists of an index are not as its readers expect.

    Each utterance ends with its two sizes, integers from 0, and each remark consists of two strings.
    """
    utterances = index["utterances"]
    if not isinstance(utterances, list) or not utterances:
        raise ValueError("no utterances")
    for entry in utterances:
        if not isinstance(entry, list) or any(type(size) is not int or size < 0 for size in entry[-2:] or [None]):
            raise ValueError(f"an utterance is {shown(entry)}")
    for name in ("left_out", "remarks"):
        for entry in index.get(name, []):
            if not isinstance(entry, list) or [type(part) for part in entry] != [str, str]:
                raise ValueError(f"{name} has {shown(entry)}")


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Convert any exception in the `with` block to a DistillError.

    The hashes detect accidental damage, but for a shard written by another program, NumPy can raise more than a dozen
    types of exceptions.
    """
    try:
        yield
    except DistillError:
        raise
    except Exception as error:
        raise DistillError(
            f"{folder}: corrupted shard ({_one_line(error)}); delete the folder and run the command again"
        ) from None


def _one_line(error: Exception) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return f"{type(error).__name__}: {text[:200]}"


def check_hashes(folder: Path, index: dict) -> None:
    """Raise a DistillError that names the array if its hash differs from the one in the index, or is not there."""
    if unlisted := sorted({file.stem for file in folder.glob("*.npy")} - index["sha256"].keys()):
        raise DistillError(
            f"{folder / INDEX}: corrupted: has no SHA-256 of {unlisted[0]}.npy; run the command again to rebuild the "
            "shard"
        )
    for name, sha256 in index["sha256"].items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise DistillError(
                f"{folder / INDEX}: corrupted: lists an unexpected array {str(name)[:40]!r}; run the command again to "
                "rebuild the shard"
            )
        file = folder / f"{name}.npy"
        try:
            with file.open("rb") as content:
                same = hashlib.file_digest(content, "sha256").hexdigest() == sha256
        except OSError as error:
            raise DistillError(
                f"{file}: cannot be read: {error.strerror}; run the command again to rebuild the shard"
            ) from None
        if not same:
            raise DistillError(
                f"{file}: corrupted: its SHA-256 differs from the one in {INDEX}; "
                "run the command again to rebuild the shard"
            )


def whole(folder: Path, digest: str, report: Callable[[str], None] = lambda line: None) -> bool:
    """Return whether a complete shard with this `digest` exists. If the shard is corrupted, calls `report` with the
    error."""
    if not folder.is_dir():
        return False
    try:
        index = read_index(folder)
        if index.get("digest") != digest:
            return False
        check_hashes(folder, index)
    except DistillError as error:
        report(str(error))
        return False
    return True


def states(folder: Path, digest: str) -> bool:
    """Return whether the index of a shard has this `digest`. Unlike `whole`, this does not read the arrays."""
    try:
        return read_index(folder).get("digest") == digest
    except DistillError:
        return False


def counted(progress: Callable[[int, int], None], tasks: list, shards: int) -> Callable[[Path], None]:
    """Return a `done` callback for make_shards that calls progress(existing shards, all shards).

    The current progress is reported immediately.
    """
    made = count(shards - len(tasks))
    progress(next(made), shards)
    return lambda folder: progress(next(made), shards)


class EnoughError(Exception):
    """Raised by the `done` callback of make_shards when no more shards are needed. Shards already written are kept."""


def stopping(done: Callable[[Path], None], enough: Callable[[], bool]) -> Callable[[Path], None]:
    """Return a `done` callback that raises EnoughError once `enough` returns True."""

    def told(folder: Path) -> None:
        done(folder)
        if enough():
            raise EnoughError

    return told


def leading(shards: list[Shard], is_whole: Callable[[Shard], bool]) -> list[Shard]:
    """Return the shards before the first missing one."""
    return list(takewhile(is_whole, shards))


def make_shards(
    make: Make, tasks: Sequence[tuple], workers: int | None, cluster: str | None, done: Callable[[Path], None]
) -> None:
    """Compute and write the shard for each task (folder, *arguments).

    make: function, called as make(folder, *arguments), that returns the shard's arrays and index.
    workers: number of processes, where 1 means the current process only, and None means one process per core.
    cluster: address of a Ray cluster that computes the arrays instead (converter/storage/cluster.py).
    done: called as done(folder) after each shard is written.

    The first error stops the run and keeps the finished shards. The result does not depend on `workers` or `cluster`.
    """
    if cluster is not None:
        from ticktalk.converter.storage.cluster import on_cluster

        for (folder, *_), (arrays, index) in on_cluster(make, tasks, cluster, workers):
            write_shard(folder, arrays, index)
            done(folder)
        return
    workers = min(workers or os.cpu_count() or 1, len(tasks))
    if workers < 2:
        for task in tasks:
            done(_make_here(make, task))
        return
    # Spawn new processes, because forking a process that runs JAX can cause a deadlock.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), processes.follow_parent) as pool:
        try:
            for folder in pool.map(partial(_make_here, make), tasks):
                done(folder)
        except BrokenProcessPool:
            raise DistillError(
                f"a worker was killed (out of memory?) while computing the shards in {tasks[0][0].parent}; "
                "run the command again to resume"
            ) from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _make_here(make: Make, task: tuple) -> Path:
    write_shard(task[0], *make(*task))
    return task[0]
