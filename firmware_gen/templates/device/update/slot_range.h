/* The range of offsets in a slot. */
#ifndef SLOT_RANGE_H
#define SLOT_RANGE_H

#include "board.h"

#include <stdbool.h>
#include <stdint.h>

/* Returns whether a range is inside a slot. */
static inline bool slot_contains(uint32_t offset, uint32_t bytes)
{
    return offset <= SLOT_BYTES && bytes <= SLOT_BYTES - offset;
}

#endif
