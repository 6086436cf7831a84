/* Waiting for an interrupt. */
#ifndef SLEEP_H
#define SLEEP_H

#include "board.h"
#ifdef WATCHDOG_COUNTS_ASLEEP
#include "watchdog.h"
#else
#define watchdog_pause() ((void)0)
#define watchdog_resume() ((void)0)
#endif

#include <stdint.h>

#ifdef AWAKE_TURNS
#define AFTER_SLEEP "\n\t.rept 8\n\tnop\n\t.endr" /* the first instructions may fail (Nordic's anomaly 168) */
#else
#define AFTER_SLEEP
#endif

/* Sleeps until an interrupt is pending, and enables interrupts, which the caller has disabled. */
static inline void core_sleep(void)
{
    watchdog_pause();
    __asm volatile("dsb\n\twfi" AFTER_SLEEP ::: "memory");
    watchdog_resume();
    __asm volatile("cpsie i\n\tisb" ::: "memory");
#ifdef AWAKE_TURNS
    for (uint32_t turns = AWAKE_TURNS; turns != 0; turns--) /* the core must not sleep too often (anomaly 160) */
        __asm volatile("nop");
#endif
}

#endif
