"""The other implementations that `bench --against` can measure, by name."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from ticktalk.bench import bakenn, cmsis_nn, tflm
from ticktalk.bench.measure import Log, Measurement
from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.proof.subject import ModelSubject, VoiceSubject

Trees = Mapping[str, Path | None]

NAMES = ("bakenn", "cmsis-nn", "tflm")


def require(name: str, board: Board, trees: Trees) -> None:
    """Check that everything required to measure `name`, one of NAMES, is available. `trees` are the folders that the
    user provides.

    Raises MissingToolError or BuildError.
    """
    if name == "bakenn":
        bakenn.require()
    else:
        {"cmsis-nn": cmsis_nn, "tflm": tflm}[name].require(_tree(name, trees), board)


def measure(
    name: str,
    subject: VoiceSubject | ModelSubject,
    board: Board,
    ours: Measurement,
    log: Log,
    trees: Trees,
) -> list[Measurement]:
    """Return all measurements of `name`, one of NAMES. `ours` is ticktalk's own measurement.

    A voice can be measured only in TFLM. Raises BuildError for other implementations.
    """
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        folder = Path(scratch)
        if name == "tflm":
            return list(tflm.measure(subject, board, ours, folder, log, _tree(name, trees)))
        if not isinstance(subject, ModelSubject):
            raise BuildError(f"{name} compiles only models")
        if name == "bakenn":
            return list(bakenn.measure(subject, board, ours, folder, log))
        return list(cmsis_nn.measure(subject, board, ours, folder, log, _tree(name, trees)))


def _tree(name: str, trees: Trees) -> Path:
    tree = trees.get(name)
    if tree is None:
        raise BuildError(f"measuring {name} requires its tree; specify --{name}-tree")
    return tree
