"""Dense layers with a single position, using SMLAD.

The row is read in place, and four values are multiplied by the weights of four outputs at a time. A word of weights
holds values k .. k+3 of one output, or joint weights of two outputs (see dsp.py): first those of k and k+2, then those
of k+1 and k+3. The words of four outputs are consecutive.
"""

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output, Scratch
from ticktalk.firmware_gen.kernels.dense import dsp
from ticktalk.firmware_gen.kernels.dense.layer import Dense, round_up

LONG = 1 << 14  # number of weights from which longer loops are worth their code
GROUP = 4  # outputs computed together; a layer with fewer outputs forms a single smaller group


def kernel(dense: Dense) -> Kernel:
    """Compile the layer. Scratch is needed only for a gathered row."""
    group = min(GROUP, dense.outputs)
    joint = group == GROUP and dsp.joint(dense, group)
    context = {
        "depth": dense.depth,
        "outputs": dense.outputs,
        "group": group,
        "gathered": dense.gathered,
        "joint": joint,
        "unroll": dsp.turns(max(dense.depth // 4, 1), dsp.most_turns(dense, LONG)),
        **dense.context,
    }
    arguments = (
        Input(0), Constant("weights", packed(dense.rows, group, joint)), *dense.table.arguments,
        *([Scratch()] if dense.gathered else []), Output(0), *dense.epilogue.arguments,
    )  # fmt: skip
    functions = (*dense.gather(), Function("dense/row_dsp.c.j2", f"row_{dense.depth}_to_{dense.outputs}", context))
    scratch = round_up(dense.depth, 4) if dense.gathered else 0
    return Kernel(functions, arguments, dense.formula, dense.rows.size, scratch)


def packed(rows: np.ndarray, group: int, joint: bool) -> np.ndarray:
    """Pack int8 [O, K] as [groups, K / 4, group, 4]. K is padded with zeros to a multiple of 4.

    If O is not a multiple of `group`, the last group consists of the last `group` outputs.
    """
    outputs, depth = rows.shape
    rows = np.pad(rows, ((0, 0), (0, -depth % 4)))
    firsts = np.minimum(np.arange(0, outputs, group), outputs - group)
    groups = rows[firsts[:, None] + np.arange(group)]
    if joint:
        groups[:, 1::2] -= groups[:, ::2] < 0
        quads = groups.reshape(len(firsts), group // 2, 2, -1, 2, 2)  # group, pair, output, quad, half, odd
        return quads.transpose(0, 3, 1, 5, 4, 2).copy()
    return groups.reshape(len(firsts), group, -1, 4).transpose(0, 2, 1, 3).copy()
