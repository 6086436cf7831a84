"""The types of kernels that an operator's `prepare` returns."""

from collections.abc import Callable

import numpy as np

# kernel(*operands): arrays in the order of the operator's inputs, with None for each absent input.
Kernel = Callable[..., np.ndarray]
# kernel(*operands) for an operator with several outputs: one array per output, in order.
ManyKernel = Callable[..., list[np.ndarray]]
