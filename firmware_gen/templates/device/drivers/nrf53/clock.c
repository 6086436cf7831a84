/* Clocks of the nRF5340 (product specification, CLOCK and CACHE). The core runs at 128 or 64 MHz. The crystal makes the
   frequency exact, as UARTE and the audio PLL require. Load capacitors and voltage regulators stay as the boot loader,
   which is built for the board, has set them. */
#include "clock.h"
#include "board.h"
#include "nrf53_registers.h"

enum { TRIES = 1 << 17 }; /* maximum number of reads, which take at least 5 ms; the crystal takes less than 2 ms */

static enum clock_source source;

void clock_start(void)
{
    const uint32_t running = CLOCK_HFCLKSTAT_SRC | CLOCK_HFCLKSTAT_STATE; /* from the crystal */

    REG(CACHE_ENABLE) = CACHE_ENABLE_ENABLE;
    REG(CLOCK_HFCLKCTRL) = CLOCK_DIVIDER;
    REG(CLOCK_HFCLKSRC) = CLOCK_HFCLKSRC_SRC;
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
