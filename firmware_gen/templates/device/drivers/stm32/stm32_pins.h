/* Pins of an STM32. */
#ifndef STM32_PINS_H
#define STM32_PINS_H

#include "stm32_chip.h"

#include <stdint.h>

enum { PINS_FLOAT, PINS_PULL_UP };

struct pin {
    uint8_t port, number; /* port 0 is A */
};

/* Sets the field of one pin in a register that has a field of `width` bits for each pin. */
static inline void pins_set(uint32_t address, uint32_t index, uint32_t width, uint32_t value)
{
    uint32_t mask = (1u << width) - 1;

    REG(address) = (REG(address) & ~(mask << index * width)) | value << index * width;
}

/* Connects a pin to a peripheral. */
static inline void pins_connect(struct pin pin, uint32_t function, uint32_t pull)
{
    uint32_t port = GPIOA_BASE + pin.port * (GPIOB_BASE - GPIOA_BASE);

    PINS_POWER(pin.port);
    REG(PINS_CLOCK) |= PINS_CLOCK_ENABLE << pin.port;
    (void)REG(PINS_CLOCK); /* the clock runs two cycles after the write */
    pins_set(port + (pin.number < 8 ? GPIO_AFRL : GPIO_AFRH), pin.number % 8, 4, function);
    pins_set(port + GPIO_OSPEEDR, pin.number, 2, 1); /* medium: 25 MHz */
    pins_set(port + GPIO_PUPDR, pin.number, 2, pull);
    pins_set(port + GPIO_MODER, pin.number, 2, 2); /* alternate function */
}

#endif
