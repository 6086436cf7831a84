"""Remove everything from a graph that does not change its results, before it is compiled.

`simplify.py` is the pass. Each other file has one rule or one part of the analysis, and states why it is exact.
"""
