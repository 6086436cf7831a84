"""The other implementations that `bench --against` can measure, by name."""

import tempfile
from pathlib import Path

from ticktalk.bench import bakenn, tflm
from ticktalk.bench.measure import Log, Measurement
from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.proof.subject import ModelSubject, VoiceSubject

NAMES = ("bakenn", "tflm")


def require(name: str, board: Board, tflm_tree: Path | None = None) -> None:
    """Check that everything required to measure `name`, one of NAMES, is available.

    Raises MissingToolError or BuildError.
    """
    if name == "bakenn":
        bakenn.require()
    else:
        tflm.require(_tree(tflm_tree), board)


def measure(
    name: str,
    subject: VoiceSubject | ModelSubject,
    board: Board,
    ours: Measurement,
    log: Log,
    tflm_tree: Path | None = None,
) -> list[Measurement]:
    """Return all measurements of `name`, one of NAMES. `ours` is ticktalk's own measurement.

    A voice can be measured only in TFLM. Raises BuildError for other implementations.
    """
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        if name == "bakenn":
            if not isinstance(subject, ModelSubject):
                raise BuildError("bakenn compiles only models")
            return list(bakenn.measure(subject, board, ours, Path(scratch), log))
        return list(tflm.measure(subject, board, ours, Path(scratch), log, _tree(tflm_tree)))


def _tree(tree: Path | None) -> Path:
    if tree is None:
        raise BuildError("measuring tflm requires a TFLite Micro tree; specify --tflm-tree")
    return tree
