"""The course of a training run, in its work folder.

history.jsonl               a line of JSON for each epoch
samples/float-00012.wav     what the student said after epoch 12 of a stage
"""

import json
from pathlib import Path
from typing import Any

from ticktalk.converter.storage.shard_folder import cannot_write

FILE = "history.jsonl"
FOLDER = "samples"
KEYS = ("epoch", "seconds", "loss", "held_out")


def clear(work: Path) -> None:
    """Delete the history and the samples of an earlier run."""
    (work / FILE).unlink(missing_ok=True)
    for file in samples(work, "*"):
        file.unlink()


def sample_file(work: Path, stage: str, epoch: int) -> Path:
    """Return the name of the WAV file for what the student says after this epoch."""
    return work / FOLDER / f"{stage}-{epoch:05d}.wav"


def samples(work: Path, stage: str) -> list[Path]:
    """Return the samples of a stage, in order."""
    return sorted((work / FOLDER).glob(f"{stage}-*.wav"))


def add(work: Path, stage: str, state: dict[str, Any]) -> None:
    """Record an epoch of a stage. `state`: what `train` reports."""
    told = {"stage": stage} | {key: state[key] for key in KEYS if key in state}
    try:
        with (work / FILE).open("a") as file:
            file.write(json.dumps(told) + "\n")
    except OSError as error:
        raise cannot_write(work / FILE, error) from None


def read(work: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the epochs of each stage, in order.

    After an interruption, an epoch may have been trained again: the last one counts. A line that was cut off is
    skipped.
    """
    stages: dict[str, dict[int, dict[str, Any]]] = {}
    lines = (work / FILE).read_text(errors="replace").splitlines() if (work / FILE).is_file() else []
    for line in lines:
        try:
            told = json.loads(line)
            epoch = {key: float(told[key]) for key in KEYS if key in told or key != "held_out"}
            stages.setdefault(str(told["stage"]), {})[int(told["epoch"])] = epoch
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return {stage: [epochs[number] for number in sorted(epochs)] for stage, epochs in stages.items()}
