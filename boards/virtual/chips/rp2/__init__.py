"""The peripherals of the RP2040 and the RP2350 that the firmware uses (data sheets)."""
