/* The watchdog resets the chip if the core is awake for WATCHDOG_SECONDS without communicating. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include "board.h"

void watchdog_start(void);
void watchdog_feed(void);

#ifdef WATCHDOG_COUNTS_ASLEEP /* called before and after the core sleeps */
void watchdog_pause(void);
void watchdog_resume(void);
#endif

#endif
