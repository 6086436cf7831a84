"""Measure the resources that a model or voice needs on an emulated board: exact instruction counts, flash and RAM.

The entry point is `measure.measure(subject, board)`. docs/reference/bench.md explains each figure.
"""
