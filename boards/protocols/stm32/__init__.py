"""The UART protocol of the boot loader in an STM32's ROM (AN3155)."""
