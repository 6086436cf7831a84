/* Definitions for the drivers in drivers/stm32/ that are specific to the STM32F405, F407, F415 and F417 (RM0090). */
#ifndef STM32_CHIP_H
#define STM32_CHIP_H

#include "board.h"
#include "stm32f4_registers.h"

#define PINS_CLOCK RCC_AHB1ENR
#define PINS_CLOCK_ENABLE RCC_AHB1ENR_GPIOAEN
#define PINS_POWER(port) ((void)(port)) /* all ports are always powered */

/* The UART is clocked by its bus. */
#if UART_ADDRESS == USART1_BASE
#define UART_INSTANCE_IRQ USART1_IRQ
#define UART_CLOCK RCC_APB2ENR
#define UART_CLOCK_ENABLE RCC_APB2ENR_USART1EN
#elif UART_ADDRESS == USART2_BASE
#define UART_INSTANCE_IRQ USART2_IRQ
#define UART_CLOCK RCC_APB1ENR
#define UART_CLOCK_ENABLE RCC_APB1ENR_USART2EN
#elif UART_ADDRESS == USART3_BASE
#define UART_INSTANCE_IRQ USART3_IRQ
#define UART_CLOCK RCC_APB1ENR
#define UART_CLOCK_ENABLE RCC_APB1ENR_USART3EN
#elif UART_ADDRESS == USART6_BASE
#define UART_INSTANCE_IRQ USART6_IRQ
#define UART_CLOCK RCC_APB2ENR
#define UART_CLOCK_ENABLE RCC_APB2ENR_USART6EN
#else
#error "uart.address is not the address of a USART of this chip"
#endif

/* The USART has one state register, and one data register for both directions. Reading the state and then the data
   clears an overrun. */
#define UART_STEPS 1u
#define UART_RECEIVE_IE USART_CR1_RXNEIE
#define UART_STATE USART_SR
#define UART_RECEIVED USART_SR_RXNE
#define UART_OVERRUN USART_SR_ORE
#define UART_EMPTY USART_SR_TXE
#define UART_SENT USART_SR_TC
#define UART_IN USART_DR
#define UART_OUT USART_DR
#define UART_END_OVERRUN() ((void)0)

/* The slots consist of whole 128 KiB sectors: 1 MiB of flash has seven, numbered 5 to 11. While a sector is being
   erased, which takes up to 2 s, the core cannot read flash. The core stalls, and received bytes are lost. */
#define FLASH_PAGE_BYTES 0x20000
#define FLASH_WORD_BYTES 4
#define FLASH_PAGES_FROM 0x08020000u
#define FLASH_ERRORS (FLASH_SR_OPERR | FLASH_SR_WRPERR | FLASH_SR_PGAERR | FLASH_SR_PGPERR | FLASH_SR_PGSERR)
#define FLASH_AS_EXPECTED() true
#define FLASH_PROGRAMS (2 * FLASH_CR_PSIZE | FLASH_CR_PG) /* words */
#define FLASH_ERASES(address)                                                                                          \
    (2 * FLASH_CR_PSIZE | FLASH_CR_SER | (5 + ((address) - FLASH_PAGES_FROM) / FLASH_PAGE_BYTES) * FLASH_CR_SNB)

#define ROM_MAP SYSCFG_MEMRM
#define ROM_MAP_MODE SYSCFG_MEMRM_MEM_MODE

#define WATCHDOG_TIMER_CLOCK RCC_APB1ENR
#define WATCHDOG_TIMER_ENABLE RCC_APB1ENR_TIM7EN

#endif
