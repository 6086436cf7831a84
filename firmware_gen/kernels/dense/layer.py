"""Rows times weights: what convolutions and dense layers are once their patches are rows of K values.

For several positions there are `dense/portable.py`, `dense/dsp.py` and `dense/mve.py`, for a single one
`dense/row_dsp.py` and `dense/row_mve.py`. The former have an inner function that computes all outputs of a block of
positions, and one around it that walks over the positions."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function
from ticktalk.firmware_gen.graph.requantise import Requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.epilogue.epilogue import Epilogue


@dataclass(frozen=True, eq=False)
class Dense:
    """`positions` rows; each is K values of the input, `step` elements after the one before, or (step None) gathered
    from `window` with `fill` for padding. `table` has the weights, int8 [O, K], and requantises.
    `epilogue` is done to each result."""

    positions: int
    step: int | None
    table: Requantisation
    formula: str
    epilogue: Epilogue
    window: Window | None = None
    fill: int = 0

    @property
    def rows(self) -> np.ndarray:
        """The weights of every output, int8 [O, K]."""
        return self.table.rows

    @property
    def context(self) -> dict:
        """What templates know of the way from accumulators to what is stored."""
        return self.table.context | self.epilogue.context

    @property
    def block_context(self) -> dict:
        """The same of a block, whose results lie in scratch when something is added to them."""
        return self.table.context | ({"epilogue": None} if self.epilogue.sums else self.epilogue.context)

    @property
    def outputs(self) -> int:
        """Outputs of a place."""
        return self.rows.shape[0]

    @property
    def depth(self) -> int:
        """Values of a row."""
        return self.rows.shape[1]

    @property
    def gathered(self) -> bool:
        """Whether rows have to be gathered before they can be read."""
        return self.step is None

    def gather(self) -> list[Function]:
        """The function gather(x, place, patch), if rows are gathered."""
        context = {"window": self.window, "fill": self.fill}
        return [Function("dense/gather.c.j2", f"gather_{self.depth}", context)] if self.gathered else []


def round_up(value: int, multiple: int) -> int:
    """The least multiple of `multiple` that is not below `value`."""
    return ceil(value / multiple) * multiple
