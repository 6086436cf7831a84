"""Random models of single operators.

Each module is named after an operator and has a function `case(draw) -> bytes`, which returns a .tflite file.
"""
