"""A training checkpoint: the state and its weights (including the optimizer's moments), replaced together.

    state.json                  {"epoch", "seconds", "loss", ..., "weights": a file's name, "sha256": of that file}
    student-00012.weights.h5

A new weights file stays beside the old one until state.json names it, so killing a run never loses the checkpoint.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.system.files import write_text

if TYPE_CHECKING:
    import keras

STATE = "state.json"
FRESH: dict[str, Any] = {"epoch": 0, "seconds": 0.0}


def save(model: keras.Model, folder: Path, state: dict, process: int = 0) -> None:
    """Write a checkpoint of a Keras model. On failure raises DistillError, and the previous checkpoint remains.

    With several processes all must call this, because Keras compares values among them while it saves. Only process 0's
    files are kept.
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
    """Raise OSError if no second checkpoint fits. HDF5 may crash when the disk fills up, long after the write."""
    last = max((file.stat().st_size for file in folder.glob("student-*.weights.h5")), default=0)
    if shutil.disk_usage(folder).free < last:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def exists(folder: Path) -> bool:
    """Whether there is a checkpoint to resume from."""
    return (folder / STATE).is_file()


def read_state(folder: Path) -> dict:
    """Return state.json of a checkpoint; DistillError names the file that is corrupted."""
    file = folder / STATE
    try:
        state = json.loads(file.read_text())
        weights, sha256 = folder / state["weights"], state["sha256"]
        {key: state[key] for key in FRESH}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DistillError(f"{file}: corrupted checkpoint ({error!r}); delete {folder} and train again") from None
    try:
        same = _sha256(weights) == sha256
    except OSError as error:
        raise DistillError(f"{weights}: cannot be read: {error.strerror}; delete {folder} and train again") from None
    if not same:
        raise DistillError(
            f"{weights}: corrupted checkpoint, its SHA-256 differs from {STATE}; delete {folder} and train again"
        )
    return state


def load(model: keras.Model, folder: Path) -> dict:
    """Load a checkpoint into a compiled Keras model, including the optimizer's moments, and return its state."""
    state = read_state(folder)
    model.optimizer.build(model.trainable_variables)
    try:
        model.load_weights(folder / state["weights"])
    except (OSError, ValueError, KeyError) as error:
        raise DistillError(
            f"{folder / state['weights']}: belongs to a different student ({str(error).splitlines()[0]}); "
            "give the same --size and --teacher as before"
        ) from None
    return state


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
