"""Kernels for dense layers (rows times weights), one per instruction set."""
