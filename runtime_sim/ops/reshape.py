"""RESHAPE: copy the values to a tensor of a different shape."""

from ticktalk.runtime_sim.ops.shared import along_time
from ticktalk.runtime_sim.ops.shared.copies import prepare  # noqa: F401

ALONG_TIME = along_time.BYTES
OPTIONS = None
