"""RESHAPE: the same values under another shape."""

from ticktalk.runtime_sim.ops.shared.copies import prepare  # noqa: F401

OPTIONS = None
