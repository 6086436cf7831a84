"""Other implementations that a model can be measured against, by the name that --against takes."""

import tempfile
from functools import partial
from pathlib import Path

from ticktalk.bench import bakenn, tflm
from ticktalk.bench.measure import Log, Measurement


def require(name: str, board, tflm_tree: Path | None = None) -> None:
    """Look for all that measuring `name` needs: MissingToolError, BuildError."""
    {"bakenn": bakenn.require, "tflm": tflm.require}[name](tflm_tree, board)


def measure(name: str, subject, board, ours: Measurement, log: Log, tflm_tree: Path | None = None) -> list[Measurement]:
    """All that is measured of `name`, beside our own measurement; `tflm` wants a tree."""
    others = {"bakenn": bakenn.measure, "tflm": partial(tflm.measure, tree=tflm_tree)}
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        return list(others[name](subject, board, ours, Path(scratch), log))
