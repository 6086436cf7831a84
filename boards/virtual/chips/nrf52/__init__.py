"""Peripherals of the nRF52840 (Nordic's product specification)."""
