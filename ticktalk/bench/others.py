"""Other compilers that a model can be measured against, by the name that --against takes."""

import tempfile
from pathlib import Path

from ticktalk.bench import bakenn
from ticktalk.bench.measure import Log, Measurement

OTHERS = {"bakenn": bakenn.measure}


def measure(name: str, subject, board, ours: Measurement, log: Log) -> list[Measurement]:
    """All that is measured of `name`, beside our own measurement."""
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        return list(OTHERS[name](subject, board, ours, Path(scratch), log))
