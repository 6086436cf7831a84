/* Access to the boot loader's two slots. The firmware runs from the primary slot and writes only to the secondary slot.
   Offsets are relative to the start of a slot. Functions return false if an offset is outside the slot or the chip
   reports an error. */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdbool.h>
#include <stdint.h>

/* Returns the address of the slot with the running image. The slot has SLOT_BYTES bytes. */
const uint8_t *running_slot(void);

/* Erases the page that starts at `offset`. */
bool secondary_erase(uint32_t offset);
/* Programs whole words, which must have been erased. */
bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes);
bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes);

#endif
