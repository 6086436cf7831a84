/* The boot loader's two slots, as the firmware uses them: it runs from one and writes only the secondary one. Offsets count from
   the start of a slot. Functions return false beyond the slot, or if the chip reports an error. */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the SLOT_BYTES of memory at whose start this firmware's image lies. */
const uint8_t *running_slot(void);

/* Erases the page that begins at `offset`. */
bool secondary_erase(uint32_t offset);
/* Programs whole words, which must be erased. */
bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes);
bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes);

#endif
