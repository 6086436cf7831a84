"""The peripherals that only the RP2350 has (RP2350 data sheet)."""
