/* Definitions for drivers/nrf/clock.c that are specific to the nRF5340. */
#ifndef NRF_CLOCK_H
#define NRF_CLOCK_H

#include "board.h"
#include "nrf53_registers.h"

enum { CRYSTAL_TRIES = 1 << 17 }; /* maximum number of reads, at least 5 ms; the crystal takes less than 2 ms */

/* The core runs at 128 or 64 MHz. Load capacitors and voltage regulators stay as the boot loader, which is built for the
   board, has set them. */
static inline void prepare_clock(void)
{
    REG(CACHE_ENABLE) = CACHE_ENABLE_ENABLE;
    REG(CLOCK_HFCLKCTRL) = CLOCK_DIVIDER;
    REG(CLOCK_HFCLKSRC) = CLOCK_HFCLKSRC_SRC;
}

#endif
