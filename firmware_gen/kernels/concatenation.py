"""CONCATENATION: data movement only, compiled by shared/copies.py."""

from ticktalk.firmware_gen.kernels.shared.copies import kernel  # noqa: F401
