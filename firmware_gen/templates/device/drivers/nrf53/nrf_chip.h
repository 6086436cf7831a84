/* Definitions for the drivers in drivers/nrf/ that are specific to the application core of the nRF5340, which runs in
   secure state. */
#ifndef NRF_CHIP_H
#define NRF_CHIP_H

#include "board.h"
#include "clock.h"
#include "nrf53_registers.h"

#include <stdbool.h>
#include <stdint.h>

#define CHIP_SOUND_BASE I2S0_BASE
#define CHIP_SOUND_IRQ I2S0_IRQ
#define CHIP_WATCHDOG_BASE WDT0_BASE

#if UART_ADDRESS == UARTE0_BASE
#define CHIP_UART_IRQ SERIAL0_IRQ
#elif UART_ADDRESS == UARTE1_BASE
#define CHIP_UART_IRQ SERIAL1_IRQ
#else
#error "uart.address is not the address of a supported UARTE of this chip"
#endif

/* Makes TIMER1 count the bytes that the UARTE receives. */
static inline void chip_count_received(void)
{
    REG(UART_ADDRESS + UARTE_PUBLISH_RXDRDY) = UARTE_PUBLISH_RXDRDY_EN; /* to channel 0 */
    REG(TIMER1_SUBSCRIBE_COUNT) = TIMER1_SUBSCRIBE_COUNT_EN;
    REG(DPPIC_CHENSET) = DPPIC_CHENSET_CH0;
}

enum { UART_ON = 8, UART_TRIES = 1 << 17 }; /* maximum number of reads, which take at least 5 ms */

/* Ends a transfer that was in progress when the boot loader disabled the UARTE. Otherwise, the transfer continues when the
   UARTE is enabled (anomaly 44). */
static inline void chip_uart_end(void)
{
    if (REG(UART_ADDRESS + UARTE_ANOMALY_44_TX) == 1)
        REG(UART_ADDRESS + UARTE_TASKS_STOPTX) = 1;
    if (REG(UART_ADDRESS + UARTE_ANOMALY_44_RX) == 1) {
        REG(UART_ADDRESS + UARTE_ENABLE) = UART_ON;
        REG(UART_ADDRESS + UARTE_TASKS_STOPRX) = 1;
        (void)wait_until(UART_ADDRESS + UARTE_ANOMALY_44_RX, 1, 0, UART_TRIES);
        REG(UART_ADDRESS + UARTE_ERRORSRC) = REG(UART_ADDRESS + UARTE_ERRORSRC); /* writing 1 clears a bit */
        REG(UART_ADDRESS + UARTE_ENABLE) = 0;
    }
}

#if HAS_SOUND
enum { CHIP_TRIES = 1 << 17 }; /* maximum number of reads, which take at least 5 ms */

/* Starts the audio PLL, which generates all rates of the amplifier exactly. The PLL needs the crystal. Returns false if
   the PLL does not become ready. */
static inline bool chip_sound_clock_start(void)
{
    if (clock_source() != CLOCK_CRYSTAL)
        return false;
    REG(SOUND_ADDRESS + I2S_CONFIG_CLKCONFIG) = SOUND_CLKCONFIG;
    REG(CLOCK_HFCLKAUDIO_FREQUENCY) = SOUND_PLL;
    REG(CLOCK_TASKS_HFCLKAUDIOSTART) = 1;
    return wait_until(CLOCK_HFCLKAUDIOSTAT, CLOCK_HFCLKAUDIOSTAT_STATE, CLOCK_HFCLKAUDIOSTAT_STATE, CHIP_TRIES);
}

static inline void chip_sound_clock_stop(void)
{
    REG(CLOCK_TASKS_HFCLKAUDIOSTOP) = 1;
}

static inline void chip_sound_release(void) {}
#endif

/* Switches the cache on or off. Switching the cache off discards its contents. */
static inline void chip_cache(bool on)
{
    REG(CACHE_ENABLE) = on;
}

/* Erases the page at `address`. CONFIG must enable erasing. */
static inline void chip_erase_page(uint32_t address)
{
    REG(address) = 0xFFFFFFFFu;
}

#endif
