"""What the kernels of several operators have in common."""
