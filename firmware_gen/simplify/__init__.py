"""Remove the parts of a graph that do not affect its results, before the graph is compiled.

`simplify.py` contains the pass. Each of the other files contains one rule or one part of the analysis, and explains why
it is exact.
"""
