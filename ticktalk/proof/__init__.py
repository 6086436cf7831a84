"""Prove that all implementations of a voice or model compute the same bytes.

Witnesses compute a `Subject`: a voice with text to speak, or a model with inputs. Each witness returns a `Trace` of all
tensors and samples, which is compared with the simulator's trace.
"""
