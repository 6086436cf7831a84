"""The student and its training."""
