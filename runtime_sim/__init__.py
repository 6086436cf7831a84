"""Simulate what the watch computes: graphs, fixed-point arithmetic, operators, speech, oracles."""
