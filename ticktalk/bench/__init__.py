"""What a model or voice costs on an emulated board: exact instructions, flash and RAM, and where they go.

`measure.measure(subject, board)` is the whole of it; docs/reference/bench.md says what each figure is.
"""
