"""Kernel for ELU, implemented as a table look-up (see shared/tables.py)."""

from ticktalk.firmware_gen.kernels.shared.tables import kernel  # noqa: F401
