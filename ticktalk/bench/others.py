"""Other implementations that a model can be measured against, by the name that --against takes."""

import tempfile
from pathlib import Path

from ticktalk.bench import bakenn, tflm
from ticktalk.bench.measure import Log, Measurement
from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.proof.subject import ModelSubject

NAMES = ("bakenn", "tflm")


def require(name: str, board: Board, tflm_tree: Path | None = None) -> None:
    """Look for all that measuring `name`, one of NAMES, needs: MissingToolError, BuildError."""
    if name == "bakenn":
        bakenn.require()
    else:
        tflm.require(_tree(tflm_tree), board)


def measure(
    name: str, subject: ModelSubject, board: Board, ours: Measurement, log: Log, tflm_tree: Path | None = None
) -> list[Measurement]:
    """All that is measured of `name`, one of NAMES, beside our own measurement; `tflm` wants a tree."""
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        if name == "bakenn":
            return list(bakenn.measure(subject, board, ours, Path(scratch), log))
        return list(tflm.measure(subject, board, ours, Path(scratch), log, _tree(tflm_tree)))


def _tree(tree: Path | None) -> Path:
    if tree is None:
        raise BuildError("tflm is measured with a tree of TFLite Micro: give --tflm-tree")
    return tree
