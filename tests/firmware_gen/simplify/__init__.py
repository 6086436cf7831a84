"""Test the rules that remove parts of a graph that do not affect its results."""
