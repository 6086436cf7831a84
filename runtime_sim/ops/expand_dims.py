"""EXPAND_DIMS: the same values with one more axis of extent 1."""

from runtime_sim.ops._copy import prepare  # noqa: F401

OPTIONS = None
