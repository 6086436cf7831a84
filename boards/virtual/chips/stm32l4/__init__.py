"""Peripherals of the STM32L4+, such as the STM32L4R5 (ST RM0432)."""
