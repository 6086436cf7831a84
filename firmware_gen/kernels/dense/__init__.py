"""Rows times weights, for each instruction set."""
