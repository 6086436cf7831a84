/* The boot loader's two slots as the firmware sees them: it runs from one, and may write the secondary one and nothing else.
   Offsets are a slot's own. false: beyond the slot, or the chip refuses. */
#ifndef SLOTS_H
#define SLOTS_H

#include <stdbool.h>
#include <stdint.h>

/* SLOT_BYTES of memory that this firmware's image begins. */
const uint8_t *running_slot(void);

/* The page that begins at `offset`. */
bool secondary_erase(uint32_t offset);
/* Whole words, erased before. */
bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes);
bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes);

#endif
