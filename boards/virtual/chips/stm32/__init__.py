"""Peripherals that several families of the STM32 have in common."""
