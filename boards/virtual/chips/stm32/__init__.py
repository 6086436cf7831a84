"""Peripherals shared by several STM32 families."""
