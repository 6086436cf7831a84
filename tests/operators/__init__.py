"""Random models of single operators.

The module named after an operator has a function `case(draw) -> bytes`, which returns a .tflite file.
"""
