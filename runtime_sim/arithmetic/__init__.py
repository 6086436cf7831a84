"""Fixed-point arithmetic of the reference kernels."""
