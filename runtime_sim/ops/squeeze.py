"""SQUEEZE: the same values without axes of extent 1."""

from ticktalk.runtime_sim.ops.shared.copies import prepare  # noqa: F401

OPTIONS = None
