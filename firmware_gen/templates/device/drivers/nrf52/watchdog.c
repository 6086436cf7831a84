/* Driver for the watchdog of the nRF52840 (product specification, WDT). The watchdog counts only while the core is
   awake. Only its own reset stops it, so the boot loader must feed it, as MCUboot does. */
#include "watchdog.h"
#include "board.h"
#include "nrf52_registers.h"

#define RELOAD 0x6E524635u

enum { TICKS_PER_SECOND = 32768 };

void watchdog_start(void)
{
    REG(WDT_CONFIG) = 0; /* paused while the core sleeps or is halted by a debugger */
    REG(WDT_CRV) = WATCHDOG_SECONDS * TICKS_PER_SECOND - 1;
    REG(WDT_TASKS_START) = 1;
}

void watchdog_feed(void)
{
    REG(WDT_RR0) = RELOAD;
}
