"""Training on several processes with Keras' distribution API (JAX). Each process computes a part of every batch.

Keras' own environment variables configure the processes: KERAS_DISTRIBUTION_JOB_ADDRESSES (host:port of process 0),
KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID. If they are unset, there is one process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ticktalk.converter.errors import DistillError

if TYPE_CHECKING:
    import keras

PREFIX = "KERAS_DISTRIBUTION_"


def _number(name: str, default: int, least: int) -> int:
    text = os.environ.get(PREFIX + name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise DistillError(f"{PREFIX}{name}={text}: must be a whole number of at least {least}")
    return int(text)


def count() -> int:
    """Return the number of training processes. Raises a DistillError that names the variable if its value is
    invalid."""
    return _number("NUM_PROCESSES", 1, 1)


def rank() -> int:
    """Return the index of this process. Process 0 writes the checkpoints and the voice."""
    found = _number("PROCESS_ID", 0, 0)
    if found >= count():
        raise DistillError(f"{PREFIX}PROCESS_ID={found}: must be below {PREFIX}NUM_PROCESSES, which is {count()}")
    return found


def join() -> None:
    """Connect to the other processes. Call this before any computation."""
    if count() == 1:
        return
    address = os.environ.get(PREFIX + "JOB_ADDRESSES", "")
    if not address:
        raise DistillError(f"{PREFIX}JOB_ADDRESSES: missing; set it to the host:port of process 0")
    import keras

    if keras.backend.backend() != "jax":
        raise DistillError(
            f"KERAS_BACKEND={keras.backend.backend()}: several processes require jax; set KERAS_BACKEND=jax"
        )
    keras.utils.set_random_seed(1)  # without a given seed, Keras negotiates one, which requires a compilation
    try:
        keras.distribution.initialize()
    except (RuntimeError, ValueError) as error:
        raise DistillError(
            f"{PREFIX}JOB_ADDRESSES={address}: the {count()} processes did not connect: {_line(error)}"
        ) from None


def leave() -> None:
    """Disconnect from the other processes, so that they can exit while process 0 finishes the work."""
    if count() > 1:
        import jax

        jax.distributed.shutdown()


@contextmanager
def shared(model: keras.Model) -> Iterator[None]:
    """Place the variables of `model` on the devices of all processes, so that they all train the same values.

    Keras raises an error if the initial values differ.
    """
    if count() == 1:
        yield
        return
    import jax
    import keras

    distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
    try:
        with distribution.scope():
            _place(model, distribution.get_variable_layout)
            yield
    except (jax.errors.JaxRuntimeError, AssertionError) as error:
        raise DistillError(
            f"training on {count()} processes stopped ({_line(error)}); did another process exit? "
            "Start all of them again with --resume"
        ) from None
    _place(model, lambda variable: None)


def _place(model: keras.Model, layout_of: Callable[[keras.Variable], object]) -> None:
    from keras import ops

    for variable in model.variables:
        value = ops.convert_to_numpy(variable.value)
        variable._layout = None  # a variable keeps its first layout, so clear it before assigning another
        variable._layout = layout_of(variable)
        variable.assign(value)


def _line(error: Exception) -> str:
    return next(iter(str(error).split("\n")), "")
