/* Waits with a bound. */
#ifndef STM32F4_WAIT_H
#define STM32F4_WAIT_H

#include "stm32f4_registers.h"

#include <stdbool.h>
#include <stdint.h>

/* Waits until the bits `mask` of a register are `value`, but reads it at most `tries` times. Returns whether they are. */
static inline bool wait_until(uint32_t address, uint32_t mask, uint32_t value, uint32_t tries)
{
    while ((REG(address) & mask) != value) {
        if (--tries == 0)
            return false;
    }
    return true;
}

#endif
