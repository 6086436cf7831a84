"""A training on several processes, which Keras' own distribution (JAX) makes one: each has a part of every batch.

Who is who is said by Keras' own variables, KERAS_DISTRIBUTION_JOB_ADDRESSES (host:port of process 0),
KERAS_DISTRIBUTION_NUM_PROCESSES and KERAS_DISTRIBUTION_PROCESS_ID; without them there is one.
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
        raise DistillError(f"{PREFIX}{name}={text}: should be a whole number from {least} on")
    return int(text)


def count() -> int:
    """How many processes train; DistillError names the variable that makes no sense."""
    return _number("NUM_PROCESSES", 1, 1)


def rank() -> int:
    """Which of them this is; 0 writes the checkpoints and the voice."""
    found = _number("PROCESS_ID", 0, 0)
    if found >= count():
        raise DistillError(f"{PREFIX}PROCESS_ID={found}: should be below {PREFIX}NUM_PROCESSES, which is {count()}")
    return found


def join() -> None:
    """Meet the others, before anything was computed here."""
    if count() == 1:
        return
    address = os.environ.get(PREFIX + "JOB_ADDRESSES", "")
    if not address:
        raise DistillError(f"{PREFIX}JOB_ADDRESSES: is missing; host:port of process 0, where the others meet it")
    import keras

    if keras.backend.backend() != "jax":
        raise DistillError(f"KERAS_BACKEND={keras.backend.backend()}: several processes train on jax")
    keras.utils.set_random_seed(1)  # or Keras would agree on one, at the price of a compilation
    try:
        keras.distribution.initialize()
    except (RuntimeError, ValueError) as error:
        raise DistillError(
            f"{PREFIX}JOB_ADDRESSES={address}: the {count()} processes did not meet: {_line(error)}"
        ) from None


def leave() -> None:
    """Part from the others: what follows is done by one, and they need not wait."""
    if count() > 1:
        import jax

        jax.distributed.shutdown()


@contextmanager
def shared(model: keras.Model) -> Iterator[None]:
    """While it lasts the variables of `model` are on the devices of all processes, and what they train is the same
    everywhere.

    Keras stops with an error where they are not equal to begin with.
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
            f"the training on {count()} processes broke off ({_line(error)}); is another one gone? "
            "Start all of them again with --resume"
        ) from None
    _place(model, lambda variable: None)


def _place(model: keras.Model, layout_of: Callable[[keras.Variable], object]) -> None:
    from keras import ops

    for variable in model.variables:
        value = ops.convert_to_numpy(variable.value)
        variable._layout = None  # which a variable has since it was made: no other one is given to it
        variable._layout = layout_of(variable)
        variable.assign(value)


def _line(error: Exception) -> str:
    return next(iter(str(error).split("\n")), "")
