"""Dense layers of a single place for MVE: the row is read as it is, against the weights of four outputs as the model has them."""

from firmware_gen.kernel import Constant, Function, Input, Kernel, Output, Scratch
from firmware_gen.kernels import _mve
from firmware_gen.kernels._dense import Dense
from firmware_gen.kernels._dense_mve import groups


def kernel(dense: Dense) -> Kernel:
    """Of at least four outputs. No scratch, but for a gathered row."""
    terms, outputs = dense.terms, dense.outputs
    context = {"terms": terms, "outputs": outputs, "gathered": dense.gathered, **_mve.context(dense.table)}
    arguments = (
        Input(0), Constant("weights", dense.rows), *_mve.arguments(dense.table, groups(outputs), groups(outputs)),
        *([Scratch()] if dense.gathered else []), Output(0),
    )  # fmt: skip
    functions = (*dense.gather(), Function("_row_mve.c.j2", f"row_{terms}_to_{outputs}", context))
    return Kernel(functions, arguments, dense.formula, dense.rows.size, terms if dense.gathered else 0)
