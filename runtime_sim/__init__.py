"""Simulation of the watch's computations: graphs, fixed-point arithmetic, operators, speech and oracles."""
