/* Access to registers, with bounded waits, and to the interrupt controller of every Cortex-M. */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

/* Waits until the bits `mask` of a register equal `value`, for at most `tries` reads. Returns whether they do. */
static inline bool wait_until(uint32_t address, uint32_t mask, uint32_t value, uint32_t tries)
{
    while ((REG(address) & mask) != value) {
        if (--tries == 0)
            return false;
    }
    return true;
}

/* Enables the interrupt with this NVIC number. */
static inline void interrupt_enable(uint32_t irq)
{
    REG(0xE000E100u + irq / 32 * 4) = 1u << (irq % 32); /* ISER */
}

/* Gives the interrupt the lowest priority, so that all other interrupts can interrupt its handler. */
static inline void interrupt_yield(uint32_t irq)
{
    REG(0xE000E400u + irq / 4 * 4) |= 0xFFu << (irq % 4 * 8); /* IPR; the chip implements only the upper bits */
}

#endif
