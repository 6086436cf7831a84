/* Driver for the watchdog of Nordic chips (product specification, WDT). The watchdog counts only while the core is
   awake. Only its own reset stops it, so the boot loader must feed the watchdog, as MCUboot does. */
#include "watchdog.h"
#include "board.h"
#include "nrf_chip.h"

#define WDT(register) REG(CHIP_WATCHDOG_BASE + (register))
#define RELOAD 0x6E524635u

enum { TICKS_PER_SECOND = 32768 };

void watchdog_start(void)
{
    WDT(WDT_CONFIG) = 0; /* paused while the core sleeps or is halted by a debugger */
    WDT(WDT_CRV) = WATCHDOG_SECONDS * TICKS_PER_SECOND - 1;
    WDT(WDT_TASKS_START) = 1;
}

void watchdog_feed(void)
{
    WDT(WDT_RR0) = RELOAD;
}
