/* The watchdog resets the chip if the core is awake for WATCHDOG_SECONDS without communicating. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

void watchdog_start(void);
void watchdog_feed(void);

#endif
