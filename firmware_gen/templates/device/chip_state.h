/* Reports the state of a real chip's clock and sound output. */
#ifndef CHIP_STATE_H
#define CHIP_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum { CHIP_STATE_BYTES = 128 }; /* maximum total length of the lines */

/* Writes the banner's lines about the chip and returns their end. */
char *chip_state_banner(char *to);
/* Writes the chip's lines for the statistics, in which every value is a number, and returns their end. */
char *chip_state_stats(char *to);

/* Records whether there is a pending update for MCUboot to install at the next reset. */
void chip_state_update_waits(bool waits);

/* Starts the ROM's boot loader if there is one and no update is pending. Otherwise resets the chip, which starts
   MCUboot. */
__attribute__((noreturn)) void chip_state_boot(void);

#endif
