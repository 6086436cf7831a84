"""Rows times weights: what convolutions and dense layers are once their patches are rows of K values.

`_dense_block.c.j2` computes all outputs of a block of places; `_dense.c.j2` walks over the places and, where
patches are not plain runs of the input, calls `_gather.c.j2` for them.
"""

from dataclasses import dataclass

import numpy as np

from firmware_gen.kernel import Constant, Function, Input, Kernel, Output, Scratch
from firmware_gen.requantise import Requantisation
from firmware_gen.window import Window

BLOCK = 2       # places, and outputs, that the inner loop computes at once


@dataclass(frozen=True, eq=False)
class Dense:
    """`places` rows; each is K values of the input, `step` elements after the one before, or (step None) gathered
    from `window` with `fill` for padding. `rows` int8 [O, K]; `table` requantises."""

    places: int
    step: int | None
    rows: np.ndarray
    table: Requantisation
    window: Window | None = None
    fill: int = 0

    def kernel(self, isa: str, formula: str) -> Kernel:
        """The calls that compute it."""
        outputs, terms = self.rows.shape
        gathered = self.step is None
        shape = {"terms": terms, "outputs": outputs, "block": min(BLOCK, self.places), "block_outputs": min(BLOCK, outputs)}
        walk = {"places": self.places, "step": terms if gathered else self.step, "gathered": gathered}
        functions = [Function("_dense_block.c.j2", f"block_{terms}_to_{outputs}", shape | self.table.context)]
        if gathered:
            functions.append(Function("_gather.c.j2", f"gather_{terms}", {"window": self.window, "fill": self.fill}))
        functions.append(Function("_dense.c.j2", f"dense_{self.places}x{terms}_to_{outputs}", shape | walk))
        scratch = shape["block"] * terms if gathered else 0
        arguments = (
            Input(0), Constant("weights", self.rows), Constant("channels", self.table.channels),
            self.table.zero_point, *([Scratch()] if scratch else []), Output(0),
        )  # fmt: skip
        return Kernel(tuple(functions), arguments, formula, macs=self.places * self.rows.size, scratch=scratch)
