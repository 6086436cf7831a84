"""Ambiq's secure boot loader over its wired UART update."""
