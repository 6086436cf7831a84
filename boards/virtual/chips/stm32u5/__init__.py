"""Peripherals of the STM32U5."""
