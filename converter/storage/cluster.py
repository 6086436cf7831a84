"""Shards on a Ray cluster: each is one task, and what a task made comes back to be written here.

So the machines need no common file system, only the same packages. A task whose worker or machine is lost is Ray's to
give to another."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.system.installing import pip_install

RETRIES = 3  # of a task whose worker was lost
OBJECTS = 512 * 2**20  # bytes of shared memory that a cluster started here takes: a few shards
LOCAL = "local"

Made = TypeVar("Made")


def on_cluster(
    make: Callable[..., Made], tasks: list[tuple], address: str, workers: int | None = None
) -> Iterator[tuple[tuple, Made]]:
    """(task, make(*task)) of every task, as they are finished, by the Ray cluster at `address` ("local" starts one on
    this machine).

    workers: most tasks at a time; the cluster's CPUs if it is None. make: a function of a module that every machine
    has. Raises what `make` raised where that is a DistillError or MissingToolError, and DistillError for all else."""
    if not tasks:
        return
    with _connected(address, workers) as ray:
        remote = ray.remote(max_retries=RETRIES)(make)
        most = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting = list(reversed(tasks))
        running: dict[object, tuple] = {}
        while waiting or running:
            # No more than can run: what is finished and not yet fetched takes the cluster's memory.
            while waiting and len(running) < most:
                task = waiting.pop()
                running[remote.remote(*task)] = task
            for finished in ray.wait(list(running))[0]:
                task = running.pop(finished)
                yield task, _fetched(ray, finished, task)


def _fetched(ray: ModuleType, finished: object, task: tuple) -> Any:
    try:
        return ray.get(finished)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, (DistillError, MissingToolError)):
            raise error.cause from None
        raise DistillError(
            f"{task[0]}: failed on the cluster: {error.cause!r}; every machine needs ticktalk[corpus,ray], "
            "the same version"
        ) from None
    except ray.exceptions.RayError as error:
        raise DistillError(
            f"{task[0]}: its worker was lost {RETRIES + 1} times ({type(error).__name__}: {_line(error)}); "
            "run again: what is finished is kept"
        ) from None


@contextmanager
def _connected(address: str, workers: int | None) -> Iterator[ModuleType]:
    try:
        import ray
    except ImportError as error:
        raise MissingToolError(f"--cluster needs the package {error.name}: {pip_install('ray')}") from None
    start = partial(ray.init, address=address, log_to_driver=False, logging_level=logging.ERROR)
    if address == LOCAL:
        start = partial(start, num_cpus=workers, include_dashboard=False, object_store_memory=OBJECTS)
    try:
        start()
    except Exception as error:  # Ray raises plain ones, too
        raise DistillError(f"--cluster {address}: no Ray there to work with: {_line(error)}") from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _line(error: Exception) -> str:
    return next(iter(str(error).split("\n")), "")
