/* Clocks of the nRF52840 and the application core of the nRF5340 (product specifications, CLOCK). The crystal makes the
   frequency exact, as UARTE and the sound output require. */
#include "clock.h"
#include "board.h"
#include "nrf_clock.h"

static enum clock_source source;

void clock_start(void)
{
    const uint32_t running = CLOCK_HFCLKSTAT_SRC | CLOCK_HFCLKSTAT_STATE; /* from the crystal */

    prepare_clock();
    REG(CLOCK_TASKS_HFCLKSTART) = 1;
    source = CLOCK_CRYSTAL;
    if (!wait_until(CLOCK_HFCLKSTAT, running, running, CRYSTAL_TRIES)) {
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
