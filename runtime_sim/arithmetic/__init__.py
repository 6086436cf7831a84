"""The fixed-point arithmetic of the reference kernels."""
