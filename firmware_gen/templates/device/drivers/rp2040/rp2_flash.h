#ifndef RP2_FLASH_H
#define RP2_FLASH_H

/* The second stage has set up the flash. */
static inline void chip_flash_start(void) {}

#endif
