"""Compute shards on a Ray cluster. Each shard is computed by one task. This machine receives the results and writes the
shards.

All machines need the same packages, but no shared file system. If a worker or a machine is lost, Ray reassigns its
task.
"""

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.system.installing import pip_install

RETRIES = 3  # retries of a task whose worker was lost
OBJECTS = 512 * 2**20  # shared memory of a local cluster, in bytes, enough for a few shards
LOCAL = "local"
WAIT = 10.0  # seconds to wait for a connection to the cluster

Made = TypeVar("Made")


def on_cluster(
    make: Callable[..., Made], tasks: Sequence[tuple], address: str, workers: int | None = None
) -> Iterator[tuple[tuple, Made]]:
    """Yield (task, make(*task)) for each task as it finishes on the Ray cluster at `address`.

    address: address of the cluster, or "local" to start one on this machine.
    workers: maximum number of concurrent tasks, or None for the cluster's number of CPUs.
    make: function in a module that is installed on every machine.

    Re-raises a DistillError or MissingToolError from `make`, and converts any other exception to a DistillError.
    """
    if not tasks:
        return
    with _connected(address, workers) as ray:
        remote = ray.remote(max_retries=RETRIES)(make)
        most = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting = list(reversed(tasks))
        running: dict[object, tuple] = {}
        while waiting or running:
            # Limit the number of submitted tasks, because results occupy the cluster's memory until they are fetched.
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
            f"{task[0]}: failed on the cluster: {error.cause!r}; install the same version of ticktalk[corpus,ray] "
            "on every machine"
        ) from None
    except ray.exceptions.RayError as error:
        raise DistillError(
            f"{task[0]}: the worker was lost {RETRIES + 1} times ({type(error).__name__}: {_line(error)}); run the "
            "command again to resume"
        ) from None


@contextmanager
def _connected(address: str, workers: int | None) -> Iterator[ModuleType]:
    try:
        import ray
    except ImportError as error:
        raise MissingToolError(f"--cluster requires the package {error.name}: {pip_install('ray')}") from None
    _check_reachable(address)
    start = partial(ray.init, address=address, log_to_driver=False, logging_level=logging.ERROR)
    if address == LOCAL:
        start = partial(start, num_cpus=workers, include_dashboard=False, object_store_memory=OBJECTS)
    try:
        start()
    except Exception as error:  # Ray sometimes raises plain Exception
        raise DistillError(f"--cluster {address}: cannot connect to Ray: {_line(error)}") from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise DistillError unless HOST:PORT or ray://HOST:PORT accepts connections, for which Ray waits for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), WAIT).close()
    except (OSError, ValueError, OverflowError) as error:
        raise DistillError(
            f"--cluster {address}: cannot connect to Ray: {_line(error)}; is it HOST:PORT of `ray start --head`?"
        ) from None


def _line(error: Exception) -> str:
    return next(iter(str(error).split("\n")), "")
