/* Driver for the watchdog of the RP2350 (data sheet, 12.9), which counts microseconds of the reference clock. The
   watchdog also counts while the core sleeps, so it is stopped beforehand. */
#include "watchdog.h"
#include "board.h"
#include "clock.h"
#include "rp2_blocks.h"

enum { MICROSECONDS = 1000000 };

void watchdog_start(void)
{
    uint32_t reference = clock_source() == CLOCK_SLOW ? CLOCK_INTERNAL_HZ : CLOCK_CRYSTAL_HZ;

    REG_CLEAR(WATCHDOG_CTRL) = WATCHDOG_CTRL_ENABLE;
    REG(TICKS_WATCHDOG_CTRL) = 0; /* the number of cycles may only be changed while the ticks are off */
    REG(TICKS_WATCHDOG_CYCLES) = reference / MICROSECONDS;
    REG(TICKS_WATCHDOG_CTRL) = TICKS_WATCHDOG_CTRL_ENABLE;
    REG(PSM_WDSEL) = (PSM_WDSEL_PROC1 << 1) - 1 - PSM_WDSEL_ROSC - PSM_WDSEL_XOSC; /* resets all but the oscillators */
    watchdog_feed();
    watchdog_resume();
}

void watchdog_feed(void)
{
    REG(WATCHDOG_LOAD) = WATCHDOG_SECONDS * MICROSECONDS;
}

void watchdog_pause(void)
{
    REG_CLEAR(WATCHDOG_CTRL) = WATCHDOG_CTRL_ENABLE;
}

void watchdog_resume(void)
{
    REG_SET(WATCHDOG_CTRL) = WATCHDOG_CTRL_ENABLE;
}
