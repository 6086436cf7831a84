#include "uart_ring.h"
#include "sleep.h"

enum { RING = 2048 }; /* a power of two, larger than the longest frame */

static uint8_t ring[RING];
static volatile uint32_t written, taken; /* free-running */

void uart_received(uint8_t byte)
{
    if (written - taken < RING) {
        ring[written % RING] = byte;
        written++;
    }
}

uint8_t uart_get(void)
{
    uint8_t byte;

    for (;;) {
        /* Interrupts are disabled between the check and the sleep. The interrupt of a byte that arrives in between
           stays pending and wakes the core. */
        __asm volatile("cpsid i" ::: "memory");
        if (written != taken)
            break;
        core_sleep();
    }
    __asm volatile("cpsie i" ::: "memory");
    byte = ring[taken % RING];
    taken++;
    return byte;
}

bool uart_take(const uint8_t *data, size_t bytes)
{
    if (written - taken < bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (ring[(taken + i) % RING] != data[i])
            return false;
    taken += (uint32_t)bytes;
    return true;
}
