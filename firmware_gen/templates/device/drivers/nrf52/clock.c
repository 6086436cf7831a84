/* Clocks of the nRF52840 (product specification, CLOCK and NVMC). The core always runs at 64 MHz. The crystal makes the
   frequency exact, as UARTE and I2S require. */
#include "clock.h"
#include "board.h"
#include "nrf52_registers.h"

enum { TRIES = 1 << 18 }; /* maximum number of reads, which take at least 20 ms; the crystal takes less than 2 ms */

static enum clock_source source;

void clock_start(void)
{
    const uint32_t running = CLOCK_HFCLKSTAT_SRC | CLOCK_HFCLKSTAT_STATE; /* from the crystal */

    REG(NVMC_ICACHECNF) = NVMC_ICACHECNF_CACHEEN;
    REG(CLOCK_TASKS_HFCLKSTART) = 1;
    source = CLOCK_CRYSTAL;
    if (!wait_until(CLOCK_HFCLKSTAT, running, running, TRIES)) {
        REG(CLOCK_TASKS_HFCLKSTOP) = 1;
        source = CLOCK_INTERNAL;
    }
}

enum clock_source clock_source(void)
{
    return source;
}

uint32_t clock_core_hz(void)
{
    return CLOCK_HZ;
}
