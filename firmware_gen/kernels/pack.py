"""PACK moves values; see _copy.py."""

from firmware_gen.kernels._copy import kernel  # noqa: F401
