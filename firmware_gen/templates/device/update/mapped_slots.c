/* Reads slots in the chip's own flash, which is mapped into memory. */
#include "board.h"
#include "slot_range.h"
#include "slots.h"

#include <string.h>

const uint8_t *running_slot(void)
{
    return (const uint8_t *)SLOT_ADDRESS;
}

bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    if (!slot_contains(offset, bytes))
        return false;
    memcpy(to, (const uint8_t *)SECONDARY_SLOT + offset, bytes);
    return true;
}
