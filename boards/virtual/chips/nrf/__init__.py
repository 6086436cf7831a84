"""Peripherals that Nordic chips have in common (product specifications of the nRF52840 and nRF5340)."""
