"""The result of an operator's `prepare`: the function that computes it."""

from collections.abc import Callable

import numpy as np

# kernel(*operands): arrays in the order of the operator's inputs, None for absent ones.
Kernel = Callable[..., np.ndarray]
# The same for an operator with several outputs: one array each, in order.
ManyKernel = Callable[..., list[np.ndarray]]
