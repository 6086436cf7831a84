"""Measure the cost of a model or voice on an emulated board: exact instruction counts, flash and RAM, broken down.

The entry point is `measure.measure(subject, board)`. docs/reference/bench.md explains each figure.
"""
