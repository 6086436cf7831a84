"""Peripherals of the application core of the nRF5340 (Nordic's product specification)."""
