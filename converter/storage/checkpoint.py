"""Save and load training checkpoints. The state and the weights (including the optimizer's moments) are always replaced
together.

    state.json                  {"epoch", "seconds", "loss", ..., "weights": file name, "sha256": hash of that file}
    student-00012.weights.h5

The old weights file is kept until state.json names the new one, so interrupting a run never loses the checkpoint.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.system.errors import shown
from ticktalk.system.files import write_text

if TYPE_CHECKING:
    import keras

STATE = "state.json"
FRESH: dict[str, Any] = {"epoch": 0, "seconds": 0.0}


def save(model: keras.Model, folder: Path, state: dict, process: int = 0) -> None:
    """Save a checkpoint of a Keras model. If saving fails, raises DistillError and keeps the previous checkpoint.

    With several processes, each must call this function, because Keras compares values across processes while saving.
    Only process 0's files are kept.
    """
    weights = folder / f"student-{state['epoch']:05d}.weights.h5"
    partial = folder / f"partial-{process}.weights.h5"
    try:
        _check_room(folder)
        model.save_weights(partial)
        if process:
            partial.unlink()
            return
        sha256 = _sha256(partial)
        partial.replace(weights)
        write_text(folder / STATE, json.dumps(state | {"weights": weights.name, "sha256": sha256}))
        for old in set(folder.glob("student-*.weights.h5")) - {weights}:
            old.unlink()
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise cannot_write(weights, error) from None


def _check_room(folder: Path) -> None:
    """Raise OSError if there is not enough free space for another checkpoint.

    If the disk becomes full, HDF5 may crash long after the write that failed.
    """
    last = max((file.stat().st_size for file in folder.glob("student-*.weights.h5")), default=0)
    if shutil.disk_usage(folder).free < last:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def exists(folder: Path) -> bool:
    """Return whether there is a checkpoint to resume from."""
    return (folder / STATE).is_file()


def read_state(folder: Path) -> dict:
    """Return the content of a checkpoint's state.json. Raises a DistillError if a file is corrupted."""
    file = folder / STATE
    try:
        state = json.loads(file.read_text())
        weights, sha256 = folder / Path(state["weights"]).name, state["sha256"]
        _check_numbers(state)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DistillError(f"{file}: corrupted checkpoint ({error!r}); delete {folder} and train again") from None
    try:
        same = _sha256(weights) == sha256
    except OSError as error:
        raise DistillError(f"{weights}: cannot be read: {error.strerror}; delete {folder} and train again") from None
    if not same:
        raise DistillError(
            f"{weights}: corrupted checkpoint: its SHA-256 differs from the one in {STATE}; "
            f"delete {folder} and train again"
        )
    return state


def _check_numbers(state: dict) -> None:
    """Raise ValueError or KeyError if a number of a state is missing, negative or not finite."""
    if type(state["epoch"]) is not int:
        raise ValueError("epoch is not an integer")
    for key in {"compilation", "asked"} & state.keys() | FRESH.keys():
        if type(state[key]) not in (int, float) or not 0 <= state[key] < math.inf:
            raise ValueError(f"{key} is {shown(state[key])}")


def load(model: keras.Model, folder: Path) -> dict:
    """Load a checkpoint, including the optimizer's moments, into a compiled Keras model, and return its state."""
    state = read_state(folder)
    model.optimizer.build(model.trainable_variables)
    try:
        model.load_weights(folder / state["weights"])
    except (OSError, ValueError, KeyError) as error:
        raise DistillError(
            f"{folder / state['weights']}: belongs to a different student ({str(error).splitlines()[0]}); "
            "use the same --size and --teacher as before"
        ) from None
    return state


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
