/* Driver for a secondary slot in a separate flash chip. Commands are sent over a CMSDK UART, and data is passed through
   a memory window shared by the core and the chip. The virtual watch uses such a chip
   (boards/virtual/secondary_chip.py), because an emulated UART is slow.

   A command is a letter, an offset (u32) and a length (u32), in little-endian order. E erases a page, P programs the
   contents of the window, and R reads into the window. The status is the byte after the window's page, where 0 means
   success. */
#include "board.h"
#include "link.h"
#include "slot_range.h"
#include "slots.h"

#include <string.h>

struct cmsdk_uart {
    volatile uint32_t data, state, control, interrupt, divider;
};

#define CHIP ((struct cmsdk_uart *)SECONDARY_ADDRESS)
#define WINDOW ((uint8_t *)SECONDARY_WINDOW) /* one page */
#define ANSWER (*(volatile uint8_t *)(SECONDARY_WINDOW + PAGE_BYTES))

enum { STATE_TX_FULL = 1, CONTROL_TX = 1, FASTEST = 16, BUSY = 0xFF };

const uint8_t *running_slot(void)
{
    return (const uint8_t *)SLOT_ADDRESS;
}

static bool order(char letter, uint32_t offset, uint32_t bytes)
{
    uint8_t words[9] = {(uint8_t)letter};

    CHIP->divider = FASTEST;
    CHIP->control = CONTROL_TX;
    put32(put32(words + 1, offset), bytes);
    ANSWER = BUSY;
    __asm volatile("dsb" ::: "memory");
    for (uint32_t i = 0; i < sizeof words; i++) {
        while (CHIP->state & STATE_TX_FULL)
            ;
        CHIP->data = words[i];
    }
    while (ANSWER == BUSY)
        ;
    return ANSWER == 0;
}

bool secondary_erase(uint32_t offset)
{
    return slot_contains(offset, PAGE_BYTES) && offset % PAGE_BYTES == 0 && order('E', offset, PAGE_BYTES);
}

bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes)
{
    if (!slot_contains(offset, bytes))
        return false;
    memcpy(WINDOW, data, bytes);
    return order('P', offset, bytes);
}

bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    if (!slot_contains(offset, bytes) || !order('R', offset, bytes))
        return false;
    memcpy(to, WINDOW, bytes);
    return true;
}
