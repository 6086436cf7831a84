"""Choose the implementation of a dense layer based on the instruction set and the numbers of positions and outputs."""

from dataclasses import replace
from functools import partial

from ticktalk.firmware_gen.graph.kernel import Kernel
from ticktalk.firmware_gen.kernels.dense import dsp, mve, portable, row_dsp, row_mve, winograd
from ticktalk.firmware_gen.kernels.dense.layer import Dense


def kernel(dense: Dense, isa: str) -> Kernel:
    """Return the kernel of `dense` for an instruction set.

    For MVE, layers with fewer outputs than one group use DSP instructions, unless they have one output and few rows.
    """
    if isa == "portable":
        return portable.kernel(dense)
    if isa == "mve" and dense.outputs >= mve.GROUP:
        return (row_mve if dense.positions == 1 else mve).kernel(dense)
    if isa == "mve" and row_mve.suits_column(dense):
        return row_mve.column(dense)
    dense = replace(dense, table=dense.table.for_dsp())
    if dense.positions == 1:
        return row_dsp.kernel(dense)
    return replace(dsp.kernel(dense), faster=partial(winograd.kernel, dense) if isa == "dsp" else None)
