/* Pins of an nRF52 or nRF53. A pin is selected by 32 * port + number. */
#ifndef NRF_PINS_H
#define NRF_PINS_H

#include "nrf_chip.h"

#include <stdbool.h>
#include <stdint.h>

enum { PIN_PULL_UP = 3 };

static inline uint32_t pin_port(uint32_t pin)
{
    return pin < 32 ? P0_BASE : P1_BASE;
}

/* Makes a pin an output. `high` is the pin's level while the peripheral is off. */
static inline void pin_output(uint32_t pin, bool high)
{
    REG(pin_port(pin) + (high ? GPIO_OUTSET : GPIO_OUTCLR)) = 1u << pin % 32;
    REG(pin_port(pin) + GPIO_PIN_CNF0 + 4 * (pin % 32)) = GPIO_PIN_CNF0_DIR | GPIO_PIN_CNF0_INPUT; /* not connected */
}

/* Makes a pin an input with a pull-up resistor. */
static inline void pin_input(uint32_t pin)
{
    REG(pin_port(pin) + GPIO_PIN_CNF0 + 4 * (pin % 32)) = PIN_PULL_UP * GPIO_PIN_CNF0_PULL;
}

#endif
