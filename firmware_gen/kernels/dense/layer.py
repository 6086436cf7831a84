"""Dense layers (rows times weights), including convolutions whose patches are flattened to rows of K values.

`dense/portable.py`, `dense/dsp.py` and `dense/mve.py` compile layers with several positions. In each kernel, the inner
function computes all outputs of a block of positions, and the outer function loops over the blocks. `dense/row_dsp.py`
and `dense/row_mve.py` compile layers with a single position."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Function
from ticktalk.firmware_gen.graph.requantise import Requantisation
from ticktalk.firmware_gen.graph.window import Window
from ticktalk.firmware_gen.kernels.epilogue.epilogue import Epilogue


@dataclass(frozen=True, eq=False)
class Dense:
    """A layer that multiplies `positions` rows of K input values by its weights.

    `step` is the distance, in elements, between the starts of consecutive rows. If `step` is None, rows are gathered
    according to `window` and padded with `fill`. `table` holds the weights, int8 [O, K], and the requantisation
    parameters. `formula` is the comment above the call. `epilogue` is applied to each result.

    If `staged` is true, all positions share one pass over the weights, which are copied to scratch a slab of outputs at
    a time (see `slabs`). Otherwise each block of positions reads all weights again. If `short` is true, loops are kept
    short (see kernel.SHORT_LOOPS)."""

    positions: int
    step: int | None
    table: Requantisation
    formula: str
    epilogue: Epilogue
    window: Window | None = None
    fill: int = 0
    staged: bool = False
    short: bool = False

    @property
    def rows(self) -> np.ndarray:
        """The weights, int8 [O, K]."""
        return self.table.rows

    @property
    def context(self) -> dict:
        """The template context for converting accumulators to stored results."""
        return self.table.context | self.epilogue.context

    @property
    def block_context(self) -> dict:
        """The template context for a block function. The context excludes a sum epilogue, which is applied after the
        block."""
        return self.table.context | ({"epilogue": None} if self.epilogue.sums else self.epilogue.context)

    @property
    def outputs(self) -> int:
        """The number of outputs per position."""
        return self.rows.shape[0]

    @property
    def depth(self) -> int:
        """The number of values per row."""
        return self.rows.shape[1]

    @property
    def gathered(self) -> bool:
        """Whether rows must be gathered into scratch before they are read."""
        return self.step is None

    @property
    def run(self) -> int:
        """The number of values in a row of the window, or 0 if rows are read in place."""
        return self.window.width * self.window.in_channels if self.gathered and self.window else 0

    @property
    def spread(self) -> bool:
        """Whether the values in a row of the window are not consecutive."""
        area = self.window
        return self.gathered and area is not None and area.width > 1 and area.dilation_w > 1

    @property
    def patched(self) -> bool:
        """Whether some windows are gathered to a patch before they are read: those with padding or dilated rows."""
        return self.spread or (self.gathered and self.window is not None and self.window.padded)

    def gather(self) -> list[Function]:
        """Return the function gather(x, place, patch), or no function if rows are read in place."""
        context = {"window": self.window, "fill": self.fill}
        return [Function("dense/gather.c.j2", f"gather_{self.depth}", context)] if self.gathered else []

    def passes(self, block: int) -> int:
        """Return how many times the weights are read if a block has `block` positions."""
        return 1 if self.in_slabs(block) else ceil(self.positions / block)

    def in_slabs(self, block: int) -> bool:
        """Return whether the weights are staged: there is more than one block, and nothing is fused."""
        return self.staged and self.positions > block and self.epilogue.context["epilogue"] is None


STAGE = Function("shared/stage.c.j2", "stage", {})
SLAB_BYTES = 2048  # number of weight bytes copied at a time


def slabs(outputs: int, row_bytes: int, group: int) -> tuple[int, int, int]:
    """Split a layer's outputs into slabs. Return (outputs per slab, number of such slabs, outputs of the last slab).

    The last slab has at least `group` outputs; its size is 0 if there is no such slab. All other slabs
    have a multiple of `group` outputs.
    """
    size = max(SLAB_BYTES // row_bytes // group, 1) * group
    count, last = divmod(outputs, size)
    if count and 0 < last < group:
        count, last = count - 1, last + size
    return size, count, last


def round_up(value: int, multiple: int) -> int:
    """Round `value` up to a multiple of `multiple`."""
    return ceil(value / multiple) * multiple
