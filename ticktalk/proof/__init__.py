"""Prove that all implementations of a voice or model compute the same bytes.

A `Subject` is a voice with text to speak, or a model with inputs. Each implementation (a `Witness`) computes the
subject and returns a `Trace` of all tensors and samples, which is compared with the simulator's trace.
"""
