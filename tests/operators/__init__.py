"""Random models of single operators. `case(draw) -> bytes` of operators/<name>.py is found by the operator's name."""
