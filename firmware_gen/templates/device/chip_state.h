/* What a real chip reports about itself: its clock and its sound output. */
#ifndef CHIP_STATE_H
#define CHIP_STATE_H

#include <stdint.h>

enum { CHIP_STATE_BYTES = 128 }; /* maximum length of the lines */

/* Writes the banner's lines about the chip and returns their end. */
char *chip_state_banner(char *to);
/* Writes the lines about the chip for the statistics, whose values are all numbers, and returns their end. */
char *chip_state_stats(char *to);

/* Starts the boot loader: the ROM's if there is one and no update can be waiting for MCUboot, which a reset starts. */
__attribute__((noreturn)) void chip_state_boot(void);

#endif
