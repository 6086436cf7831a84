"""The peripherals that only the RP2040 has (RP2040 data sheet)."""
