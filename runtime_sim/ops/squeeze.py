"""SQUEEZE: the same values without axes of extent 1."""

from runtime_sim.ops._copy import prepare  # noqa: F401

OPTIONS = None
