"""Depthwise convolutions: C templates and the kernel for MVE."""
