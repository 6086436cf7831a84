"""Random models of one operator each: operators/<name>.py has `case(draw) -> bytes`, found by the operator's name."""
