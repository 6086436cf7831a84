/* What a real chip reports about itself: its clock and its sound output. */
#ifndef CHIP_STATE_H
#define CHIP_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum { CHIP_STATE_BYTES = 128 }; /* maximum length of the lines */

/* Writes the banner's lines about the chip and returns their end. */
char *chip_state_banner(char *to);
/* Writes the lines about the chip for the statistics, whose values are all numbers, and returns their end. */
char *chip_state_stats(char *to);

/* Tells whether an update waits for MCUboot, which a reset starts. */
void chip_state_update_waits(bool waits);

/* Starts the boot loader: the ROM's if there is one, unless an update waits for MCUboot, which a reset starts. */
__attribute__((noreturn)) void chip_state_boot(void);

#endif
