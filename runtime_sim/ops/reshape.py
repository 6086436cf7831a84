"""RESHAPE: copy the values into another shape."""

from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.copies import prepare  # noqa: F401

ALONG_TIME = along_time.BYTES
OPTIONS = None
