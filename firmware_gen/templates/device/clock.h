/* The clock tree of a real chip. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

/* The clock source of the core: the PLL with the board's crystal, the PLL with the chip's internal oscillator, whose
   frequency is less exact, or the internal oscillator itself, which is slow. */
enum clock_source { CLOCK_CRYSTAL, CLOCK_INTERNAL, CLOCK_SLOW };

/* Starts the clocks at full speed, with the flash wait states and caches that this speed needs. Every wait is bounded: if
   the crystal or the PLL does not become ready, the next slower source is used. */
void clock_start(void);
/* Returns the clocks and peripherals to their state after a reset. */
void clock_stop(void);

enum clock_source clock_source(void);
/* Frequencies in hertz of the core and of the input to the console UART's divider. */
uint32_t clock_core_hz(void);
uint32_t clock_uart_hz(void);

#endif
