/* The watchdog, which resets the chip if the firmware does not communicate for WATCHDOG_SECONDS while it is awake. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

void watchdog_start(void);
void watchdog_feed(void);

#endif
