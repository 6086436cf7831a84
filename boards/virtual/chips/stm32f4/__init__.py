"""Peripherals of the STM32F405, F407, F415 and F417 (ST RM0090)."""
