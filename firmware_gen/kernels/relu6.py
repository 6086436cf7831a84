"""RELU6 as a table of 256 values; see _table.py."""

from firmware_gen.kernels._table import kernel  # noqa: F401
