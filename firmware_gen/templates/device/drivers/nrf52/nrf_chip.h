/* Definitions for the drivers in drivers/nrf/ that are specific to the nRF52840. */
#ifndef NRF_CHIP_H
#define NRF_CHIP_H

#include "board.h"
#include "nrf52_registers.h"

#include <stdbool.h>
#include <stdint.h>

#define CHIP_SOUND_BASE I2S_BASE
#define CHIP_SOUND_IRQ I2S_IRQ
#define CHIP_WATCHDOG_BASE WDT_BASE

#if UART_ADDRESS == UARTE0_BASE
#define CHIP_UART_IRQ UARTE0_IRQ
#elif UART_ADDRESS == UARTE1_BASE
#define CHIP_UART_IRQ UARTE1_IRQ
#else
#error "uart.address is not the address of a UARTE of this chip"
#endif

/* Makes TIMER1 count the bytes that the UARTE receives. */
static inline void chip_count_received(void)
{
    REG(PPI_CH0_EEP) = UART_ADDRESS + UARTE_EVENTS_RXDRDY;
    REG(PPI_CH0_TEP) = TIMER1_TASKS_COUNT;
    REG(PPI_CHENSET) = PPI_CHENSET_CH0;
}

static inline void chip_uart_end(void) {}

#if HAS_SOUND
/* The I2S divides the 32 MHz of the crystal by one of a few numbers. The amplifier's rate is therefore not a multiple of
   the voice's rate, and sound.c interpolates. */
static inline bool chip_sound_clock_start(void)
{
    return true;
}

static inline void chip_sound_clock_stop(void) {}

/* Without these writes, the I2S keeps drawing current after STOP (anomaly 194). */
static inline void chip_sound_release(void)
{
    REG(SOUND_ADDRESS + I2S_ANOMALY_194A) = 1;
    REG(SOUND_ADDRESS + I2S_ANOMALY_194B) = 1;
}
#endif

/* The chip invalidates the cache while the flash may be changed. */
static inline void chip_cache(bool on)
{
    (void)on;
}

static inline void chip_erase_page(uint32_t address)
{
    REG(NVMC_ERASEPAGE) = address;
}

#endif
