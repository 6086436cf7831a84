"""LEAKY_RELU as a table of 256 values; see shared/tables.py."""

from ticktalk.firmware_gen.kernels.shared.tables import kernel  # noqa: F401
