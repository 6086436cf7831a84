"""Dense layers, rows times weights, for each instruction set."""
