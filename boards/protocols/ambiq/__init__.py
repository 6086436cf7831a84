"""Ambiq's secure boot loader, through its wired update over a UART."""
