"""Proof that all implementations of a voice or model compute the same bytes.

A `Subject` (a voice with a text, a model with inputs) is computed by witnesses, each of which leaves a `Trace` of
every tensor and sample; traces are compared with the simulator's.
"""
