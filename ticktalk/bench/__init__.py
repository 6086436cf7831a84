"""What a model or voice costs on an emulated board: exact instructions, flash and RAM, and where they go.

Start at `measure.measure(subject, board)`. docs/reference/bench.md explains each figure.
"""
