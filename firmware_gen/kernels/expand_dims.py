"""EXPAND_DIMS moves values; see _copy.py."""

from ticktalk.firmware_gen.kernels.shared.copies import kernel  # noqa: F401
