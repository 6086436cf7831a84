"""The RP2350 (data sheet of the RP2350): the peripherals that the firmware uses."""
