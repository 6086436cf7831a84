"""Kernel for HARD_SWISH, implemented as a table look-up (see shared/tables.py)."""

from ticktalk.firmware_gen.kernels.shared.tables import kernel  # noqa: F401
