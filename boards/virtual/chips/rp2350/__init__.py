"""The peripherals of the RP2350 that the firmware uses (RP2350 data sheet)."""
