/* Definitions for drivers/nrf/clock.c that are specific to the nRF52840. */
#ifndef NRF_CLOCK_H
#define NRF_CLOCK_H

#include "board.h"
#include "nrf52_registers.h"

enum { CRYSTAL_TRIES = 1 << 18 }; /* maximum number of reads, at least 20 ms; the crystal takes less than 2 ms */

/* The core always runs at 64 MHz. */
static inline void prepare_clock(void)
{
    REG(NVMC_ICACHECNF) = NVMC_ICACHECNF_CACHEEN;
    REG(SYSTEM_ANOMALY_246) = 2; /* otherwise, the core may draw 350 uA more while it sleeps (anomaly 246) */
}

#endif
