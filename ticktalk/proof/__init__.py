"""Proves that all implementations of a voice or model compute the same bytes.

Witnesses compute a `Subject` (a voice with a text, or a model with inputs). Each witness leaves a `Trace` of
every tensor and sample, which is compared with the simulator's.
"""
