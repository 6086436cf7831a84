"""Depthwise convolutions: the C templates, and the MVE form."""
