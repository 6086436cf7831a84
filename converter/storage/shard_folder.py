"""A shard: a folder of arrays that is there as a whole or not at all, and what makes many of them on several workers.

index.json tells what is in it: the digest of what it was made from, and the SHA-256 of each array.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
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

SENTENCES_A_SHARD = 100
INDEX = "index.json"

Make = Callable[..., tuple[dict[str, np.ndarray], dict]]  # make(folder, *arguments) -> (arrays, index)
Shard = TypeVar("Shard")


def digest_of(*parts: str) -> str:
    """SHA-256 hex over strings, in their order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def grouped(sentences: list[str], out: Path) -> list[tuple[Path, list[str]]]:
    """The folder of each shard under `out`, and its sentences."""
    groups = [sentences[i : i + SENTENCES_A_SHARD] for i in range(0, len(sentences), SENTENCES_A_SHARD)]
    return [(out / f"{number:04d}", group) for number, group in enumerate(groups)]


def cannot_write(path: Path, error: OSError) -> DistillError:
    """What a full disk and its like become."""
    # A short write of NumPy's has no errno: "12 requested and 0 written".
    why = error.strerror or f"the disk is full? ({error})"
    return DistillError(f"{path}: cannot be written: {why}; make room and run again: what is finished is kept")


def write_shard(folder: Path, arrays: dict[str, np.ndarray], index: dict) -> None:
    """Write `arrays` (name -> array, NAME.npy) and index.json; DistillError, with nothing left over, where that
    fails."""
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
    """DistillError if something lies there that is no shard, whole or not: it would be deleted."""
    if not os.path.lexists(folder):
        return
    if not folder.is_dir() or folder.is_symlink():
        raise DistillError(f"{folder}: is not a shard's folder; move it elsewhere, or choose another folder")
    for path in folder.iterdir():
        if not path.is_file() or (path.name != INDEX and path.suffix != ".npy"):
            raise DistillError(f"{path}: not made by ticktalk, but where a shard goes; move it elsewhere")


def read_index(folder: Path) -> dict:
    """index.json of a shard; DistillError names the file."""
    try:
        index = json.loads((folder / INDEX).read_text())
        return index | {"sha256": dict(index["sha256"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DistillError(
            f"{folder / INDEX}: corrupted shard ({_one_line(error)}); run again, which makes it anew"
        ) from None


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Whatever is wrong inside of this `with` with the arrays of a shard, or how they fit its index, is a DistillError.

    Hashes tell of accidents; of a shard that somebody made otherwise NumPy raises more than a dozen kinds.
    """
    try:
        yield
    except DistillError:
        raise
    except Exception as error:
        raise DistillError(f"{folder}: corrupted shard ({_one_line(error)}); delete the folder and run again") from None


def _one_line(error: Exception) -> str:
    text = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return f"{type(error).__name__}: {text[:200]}"


def check_hashes(folder: Path, index: dict) -> None:
    """DistillError names the array that is not what was written."""
    for name, sha256 in index["sha256"].items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise DistillError(
                f"{folder / INDEX}: corrupted, it names an array {str(name)[:40]!r}; run again, which makes this "
                f"shard anew"
            )
        file = folder / f"{name}.npy"
        try:
            with file.open("rb") as content:
                same = hashlib.file_digest(content, "sha256").hexdigest() == sha256
        except OSError as error:
            raise DistillError(
                f"{file}: cannot be read: {error.strerror}; run again, which makes this shard anew"
            ) from None
        if not same:
            raise DistillError(
                f"{file}: corrupted, its SHA-256 is not the one in {INDEX}; run again, which makes this shard anew"
            )


def whole(folder: Path, digest: str, report: Callable[[str], None] = lambda line: None) -> bool:
    """Whether a shard made from what `digest` stands for is there and as it was written; one that is corrupted is
    reported."""
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


def counted(progress: Callable[[int, int], None], tasks: list, shards: int) -> Callable[[Path], None]:
    """`done` of make_shards that calls progress(shards that are there, shards in all), the first time at once."""
    made = count(shards - len(tasks))
    progress(next(made), shards)
    return lambda folder: progress(next(made), shards)


class EnoughError(Exception):
    """Raised by the `done` of make_shards where no more shards are wanted; those that are written stay."""


def stopping(done: Callable[[Path], None], enough: Callable[[], bool]) -> Callable[[Path], None]:
    """`done` that ends the making as soon as `enough` says so."""

    def told(folder: Path) -> None:
        done(folder)
        if enough():
            raise EnoughError

    return told


def leading(shards: list[Shard], is_whole: Callable[[Shard], bool]) -> list[Shard]:
    """The shards before the first one that is not there."""
    return list(takewhile(is_whole, shards))


def make_shards(
    make: Make, tasks: list[tuple], workers: int | None, cluster: str | None, done: Callable[[Path], None]
) -> None:
    """Write the shard of every task (folder, *arguments) from `make(folder, *arguments)`, which gives its arrays and
    its index.

    On `workers` processes, in this one if it is one; as many as there are cores if it is None. cluster: the address of
    a Ray cluster, which makes the arrays instead (converter/storage/cluster.py). done(folder): a shard was written. The
    first error stops all; what was finished stays. The same shards, however they are made."""
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
    # Fresh processes: a fork of one in which JAX already runs may lock up.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), processes.follow_parent) as pool:
        try:
            for folder in pool.map(partial(_make_here, make), tasks):
                done(folder)
        except BrokenProcessPool:
            raise DistillError(
                f"a worker was killed (out of memory?) while making the shards of {tasks[0][0].parent}; "
                "run again: what is finished is kept"
            ) from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _make_here(make: Make, task: tuple) -> Path:
    write_shard(task[0], *make(*task))
    return task[0]
