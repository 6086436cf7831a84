"""The USART of the STM32U5 (RM0456), without FIFOs. This USART is the same as that of the STM32L4+."""

from ticktalk.boards.virtual.chips.stm32l4.usart import UsartL4


class UsartU5(UsartL4):
    """See UsartL4."""

    INTERRUPT = "RXNEIE"
