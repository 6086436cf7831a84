/* Driver for the counter of an FPGAIO or any other memory-mapped 32-bit up-counter. */
#include "counter.h"
#include "board.h"

static uint64_t total; /* in ticks */
static uint32_t last;

static uint32_t now(void)
{
    return *(volatile const uint32_t *)COUNTER_ADDRESS;
}

void counter_start(void)
{
    total = 0;
    last = now();
}

void counter_sample(void)
{
    uint32_t tick = now();

    total += (uint32_t)(tick - last); /* correct even if the counter has wrapped around once */
    last = tick;
}

void counter_pause(void)
{
    counter_sample();
}

void counter_resume(void)
{
    last = now();
}

uint64_t counter_instructions(void)
{
    return (total * COUNTER_NUMERATOR + COUNTER_DENOMINATOR / 2) / COUNTER_DENOMINATOR;
}
