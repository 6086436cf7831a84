/* Definitions for the drivers in drivers/stm32/ that are specific to the STM32L4+ (RM0432). */
#ifndef STM32_CHIP_H
#define STM32_CHIP_H

#include "board.h"
#include "stm32l4_registers.h"

#define PINS_CLOCK RCC_AHB2ENR
#define PINS_CLOCK_ENABLE RCC_AHB2ENR_GPIOAEN
/* Port G has its own supply, which must be declared valid. clock.c has started the clock of PWR. */
#define PINS_POWER(port)                                                                                               \
    do {                                                                                                               \
        if ((port) == 'G' - 'A')                                                                                       \
            REG(PWR_CR2) |= PWR_CR2_IOSV;                                                                              \
    } while (0)

#define UART_RECEIVE_IE USART_CR1_RXNEIE_RXFNEIE
#define UART_RECEIVED USART_ISR_RXNE_RXFNE
#define UART_EMPTY USART_ISR_TXE_TXFNF
#include "stm32_usart.h"

/* The flash has two 1 MiB banks with 4 KiB pages if the option DBANK is set, which is the factory setting. While a page
   of bank 2 is being erased, which takes 22 ms, the core keeps running in bank 1. */
#define FLASH_PAGE_BYTES 0x1000
#define FLASH_WORD_BYTES 8
#define FLASH_PAGES_FROM 0x08000000u
#define FLASH_BANK_BYTES 0x100000
#define FLASH_ERRORS                                                                                                   \
    (FLASH_SR_OPERR | FLASH_SR_PROGERR | FLASH_SR_WRPERR | FLASH_SR_PGAERR | FLASH_SR_SIZERR | FLASH_SR_PGSERR         \
     | FLASH_SR_MISERR | FLASH_SR_FASTERR | FLASH_SR_RDERR)
#define FLASH_AS_EXPECTED() (REG(FLASH_OPTR) & FLASH_OPTR_DBANK)
#define FLASH_PROGRAMS FLASH_CR_PG
#define FLASH_ERASES(address)                                                                                          \
    (FLASH_CR_PER | ((address) - FLASH_PAGES_FROM) / FLASH_BANK_BYTES * FLASH_CR_BKER                                  \
     | ((address) - FLASH_PAGES_FROM) % FLASH_BANK_BYTES / FLASH_PAGE_BYTES * FLASH_CR_PNB)

#define ROM_MAP SYSCFG_MEMRMP
#define ROM_MAP_MODE SYSCFG_MEMRMP_MEM_MODE

#define WATCHDOG_TIMER_CLOCK RCC_APB1ENR1
#define WATCHDOG_TIMER_ENABLE RCC_APB1ENR1_TIM7EN

#endif
