/* Definitions for the drivers in drivers/stm32/ that are specific to the STM32U5 (RM0456) without TrustZone. */
#ifndef STM32_CHIP_H
#define STM32_CHIP_H

#include "board.h"
#include "stm32u5_registers.h"

#define PINS_CLOCK RCC_AHB2ENR1
#define PINS_CLOCK_ENABLE RCC_AHB2ENR1_GPIOAEN
/* Port G has its own supply, which must be declared valid. clock.c has started the clock of PWR. */
#define PINS_POWER(port)                                                                                               \
    do {                                                                                                               \
        if ((port) == 'G' - 'A')                                                                                       \
            REG(PWR_SVMCR) |= PWR_SVMCR_IO2SV;                                                                         \
    } while (0)

#define UART_RECEIVE_IE USART_CR1_RXNEIE
#define UART_RECEIVED USART_ISR_RXNE
#define UART_EMPTY USART_ISR_TXE
#include "stm32_usart.h"

/* The flash has two 2 MiB banks with 8 KiB pages and 128-bit words. While a page of bank 2 is being erased, the core
   keeps running in bank 1. The banks must not be swapped. */
#define FLASH_KEYR FLASH_NSKEYR
#define FLASH_SR FLASH_NSSR
#define FLASH_SR_EOP FLASH_NSSR_EOP
#define FLASH_SR_BSY FLASH_NSSR_BSY
#define FLASH_CR FLASH_NSCR
#define FLASH_CR_STRT FLASH_NSCR_STRT
#define FLASH_CR_LOCK FLASH_NSCR_LOCK
#define FLASH_PAGE_BYTES 0x2000
#define FLASH_WORD_BYTES 16
#define FLASH_PAGES_FROM 0x08000000u
#define FLASH_BANK_BYTES 0x200000
#define FLASH_ERRORS                                                                                                   \
    (FLASH_NSSR_OPERR | FLASH_NSSR_PROGERR | FLASH_NSSR_WRPERR | FLASH_NSSR_PGAERR | FLASH_NSSR_SIZERR                 \
     | FLASH_NSSR_PGSERR | FLASH_NSSR_OPTWERR)
#define FLASH_AS_EXPECTED() (!(REG(FLASH_OPTR) & (FLASH_OPTR_SWAP_BANK | FLASH_OPTR_TZEN)))
#define FLASH_PROGRAMS FLASH_NSCR_PG
#define FLASH_ERASES(address)                                                                                          \
    (FLASH_NSCR_PER | ((address) - FLASH_PAGES_FROM) / FLASH_BANK_BYTES * FLASH_NSCR_BKER                              \
     | ((address) - FLASH_PAGES_FROM) % FLASH_BANK_BYTES / FLASH_PAGE_BYTES * FLASH_NSCR_PNB)

#define WATCHDOG_TIMER_CLOCK RCC_APB1ENR1
#define WATCHDOG_TIMER_ENABLE RCC_APB1ENR1_TIM7EN

#endif
