"""Rows times weights: the common form of dense layers and of convolutions whose patches are rows of K values.

`dense/portable.py`, `dense/dsp.py` and `dense/mve.py` compute several positions, `dense/row_dsp.py` and
`dense/row_mve.py` a single one. The former have an inner function that computes all outputs of a block of positions,
and an outer function that loops over the positions."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function
from ticktalk.firmware_gen.graph.requantise import Requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.epilogue.epilogue import Epilogue


@dataclass(frozen=True, eq=False)
class Dense:
    """A layer that multiplies `positions` rows of K input values with its weights.

    Each row starts `step` elements after the one before. If `step` is None, rows are gathered from `window`, with
    `fill` as padding. `table` has the weights, int8 [O, K], and the requantisation.
    `epilogue` is applied to each result."""

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
        """Context for templates about the way from accumulators to stored results."""
        return self.table.context | self.epilogue.context

    @property
    def block_context(self) -> dict:
        """The same for a block. If the epilogue is a sum, the block's results go to scratch first."""
        return self.table.context | ({"epilogue": None} if self.epilogue.sums else self.epilogue.context)

    @property
    def outputs(self) -> int:
        """Outputs per position."""
        return self.rows.shape[0]

    @property
    def depth(self) -> int:
        """Values per row."""
        return self.rows.shape[1]

    @property
    def gathered(self) -> bool:
        """Whether rows must be gathered before they can be read."""
        return self.step is None

    def gather(self) -> list[Function]:
        """Return the function gather(x, place, patch), if rows are gathered."""
        context = {"window": self.window, "fill": self.fill}
        return [Function("dense/gather.c.j2", f"gather_{self.depth}", context)] if self.gathered else []


def round_up(value: int, multiple: int) -> int:
    """Round `value` up to a multiple of `multiple`."""
    return ceil(value / multiple) * multiple
