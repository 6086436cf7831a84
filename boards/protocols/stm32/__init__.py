"""AN3155, the UART protocol of the boot loader in an STM32's ROM."""
