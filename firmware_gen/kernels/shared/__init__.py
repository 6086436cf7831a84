"""Code shared by the kernels of several operators."""
