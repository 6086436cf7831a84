"""RELU: a look-up table with 256 entries, compiled by shared/tables.py."""

from ticktalk.firmware_gen.kernels.shared.tables import kernel  # noqa: F401
