/* The console's UART of STM32 families whose USART has separate registers for state, received and transmitted data. The
   family's stm32_chip.h includes this file after its registers, and defines the flags whose names differ. */
#ifndef STM32_USART_H
#define STM32_USART_H

/* The UART is clocked by its bus (CCIPR is 0). The divider of the LPUART has steps of 1/256 of a bit. */
#define UART_STEPS 1u
#if UART_ADDRESS == USART1_BASE
#define UART_INSTANCE_IRQ USART1_IRQ
#define UART_CLOCK RCC_APB2ENR
#define UART_CLOCK_ENABLE RCC_APB2ENR_USART1EN
#elif UART_ADDRESS == USART2_BASE
#define UART_INSTANCE_IRQ USART2_IRQ
#define UART_CLOCK RCC_APB1ENR1
#define UART_CLOCK_ENABLE RCC_APB1ENR1_USART2EN
#elif UART_ADDRESS == USART3_BASE
#define UART_INSTANCE_IRQ USART3_IRQ
#define UART_CLOCK RCC_APB1ENR1
#define UART_CLOCK_ENABLE RCC_APB1ENR1_USART3EN
#elif defined(LPUART1_BASE) && UART_ADDRESS == LPUART1_BASE
#define UART_INSTANCE_IRQ LPUART1_IRQ
#define UART_CLOCK RCC_APB1ENR2
#define UART_CLOCK_ENABLE RCC_APB1ENR2_LPUART1EN
#undef UART_STEPS
#define UART_STEPS 256u
#else
#error "uart.address is not the address of a UART that this driver supports"
#endif

#define UART_STATE USART_ISR
#define UART_OVERRUN USART_ISR_ORE
#define UART_SENT USART_ISR_TC
#define UART_IN USART_RDR
#define UART_OUT USART_TDR
#define UART_END_OVERRUN() (UART(USART_ICR) = USART_ICR_ORECF)

#endif
