"""Proof that all implementations of a voice or model compute the same bytes.

A `Subject` (a voice with a text, a model with inputs) is computed by witnesses, each of which leaves a `Recording` of
every tensor and sample; recordings are compared with the simulator's.
"""
