/* Driver for a secondary slot in the flash of Nordic chips (product specification, NVMC). While a page is being erased
   (85 ms) or a word is being written (41 us), the core stalls, because it runs from the same flash. UARTE and I2S
   continue. */
#include "slots.h"
#include "board.h"
#include "slot_range.h"
#include "nrf_chip.h"

#include <string.h>

enum { READ, WRITE, ERASE }; /* in CONFIG */
enum { TRIES = 1 << 22 };    /* maximum number of reads, which take at least 0.2 s */

_Static_assert(PAGE_BYTES == 4096 && WORD_BYTES == 4, "page_size and word_size of this flash");
_Static_assert(SECONDARY_SLOT % PAGE_BYTES == 0, "secondary_address");

/* Selects the operations that the flash allows. The cache never holds data that these operations change. */
static bool select(uint32_t mode)
{
    bool ready = wait_until(NVMC_READY, 1, 1, TRIES);

    REG(NVMC_CONFIG) = mode;
    chip_cache(mode == READ);
    __asm volatile("dsb\n\tisb" ::: "memory");
    return ready;
}

bool secondary_erase(uint32_t offset)
{
    const volatile uint32_t *word = (const volatile uint32_t *)(SECONDARY_SLOT + offset);
    bool done;

    if (!slot_contains(offset, PAGE_BYTES) || offset % PAGE_BYTES)
        return false;
    done = select(ERASE);
    if (done)
        chip_erase_page(SECONDARY_SLOT + offset);
    done = select(READ) && done;
    for (uint32_t i = 0; done && i < PAGE_BYTES / WORD_BYTES; i++) /* the chip reports no errors */
        done = word[i] == 0xFFFFFFFFu;
    return done;
}

bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes)
{
    bool done;

    if (!slot_contains(offset, bytes) || offset % WORD_BYTES || bytes % WORD_BYTES)
        return false;
    done = select(WRITE);
    for (uint32_t at = 0; done && at < bytes; at += WORD_BYTES) {
        uint32_t value;

        memcpy(&value, data + at, sizeof value);
        REG(SECONDARY_SLOT + offset + at) = value;
        done = wait_until(NVMC_READY, 1, 1, TRIES);
    }
    return select(READ) && done && memcmp((const uint8_t *)SECONDARY_SLOT + offset, data, bytes) == 0;
}
