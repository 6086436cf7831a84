"""RESHAPE: the same values under another shape."""

from runtime_sim.ops._copy import prepare  # noqa: F401

OPTIONS = None
