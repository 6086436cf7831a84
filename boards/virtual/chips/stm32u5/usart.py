"""USART of the STM32U5 (RM0456), which is that of the STM32L4+, without FIFOs."""

from ticktalk.boards.virtual.chips.stm32l4.usart import UsartL4


class UsartU5(UsartL4):
    """See UsartL4."""

    INTERRUPT = "RXNEIE"
