"""What an operator's `prepare` gives back: the function that computes it."""

from collections.abc import Callable

import numpy as np

# kernel(*operands): arrays in the order of the operator's inputs, None for absent ones.
Kernel = Callable[..., np.ndarray]
# The same of an operator of several outputs: one array each, in order.
ManyKernel = Callable[..., list[np.ndarray]]
