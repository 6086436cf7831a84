"""Rows times weights: what convolutions and dense layers are once their patches are rows of K values.

Three ways to compute them: `_dense_portable.py`, `_dense_dsp.py`, and `_dense_row.py` for a single place. The first two
have an inner function that computes all outputs of a block of places, and one around it that walks over the places.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from firmware_gen.kernel import Function
from firmware_gen.requantise import Requantisation
from firmware_gen.window import Window


@dataclass(frozen=True, eq=False)
class Dense:
    """`places` rows; each is K values of the input, `step` elements after the one before, or (step None) gathered
    from `window` with `fill` for padding. `table` has the weights, int8 [O, K], and requantises."""

    places: int
    step: int | None
    table: Requantisation
    formula: str
    window: Window | None = None
    fill: int = 0

    @property
    def rows(self) -> np.ndarray:
        """The weights of every output, int8 [O, K]."""
        return self.table.rows

    @property
    def outputs(self) -> int:
        """Outputs of a place."""
        return self.rows.shape[0]

    @property
    def terms(self) -> int:
        """Values of a row."""
        return self.rows.shape[1]

    @property
    def gathered(self) -> bool:
        """Whether rows have to be gathered before they can be read."""
        return self.step is None

    def gather(self) -> list[Function]:
        """The function gather(x, place, patch), if rows are gathered."""
        context = {"window": self.window, "fill": self.fill}
        return [Function("_gather.c.j2", f"gather_{self.terms}", context)] if self.gathered else []


def round_up(value: int, multiple: int) -> int:
    """The least multiple of `multiple` that is not below `value`."""
    return ceil(value / multiple) * multiple


def kernel(dense: Dense, isa: str):
    """The Kernel of `dense` for an instruction set."""
    from firmware_gen.kernels import _dense_dsp, _dense_portable, _dense_row

    if isa == "portable":
        return _dense_portable.kernel(dense)
    return (_dense_row if dense.places == 1 else _dense_dsp).kernel(dense)
