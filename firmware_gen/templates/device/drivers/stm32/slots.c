/* Driver for a secondary slot in the flash of an STM32. stm32_chip.h defines the differences between families: the
   numbers of pages or sectors, the word size and the error flags. */
#include "slots.h"
#include "board.h"
#include "slot_range.h"
#include "stm32_chip.h"

#include <string.h>

enum { TRIES = 1 << 26 }; /* maximum number of reads, which take at least 2 s at 168 MHz */

#define KEY_1 0x45670123u
#define KEY_2 0xCDEF89ABu

_Static_assert(PAGE_BYTES == FLASH_PAGE_BYTES && WORD_BYTES == FLASH_WORD_BYTES,
               "page_size and word_size of this flash");
_Static_assert(SECONDARY_SLOT >= FLASH_PAGES_FROM && SECONDARY_SLOT % PAGE_BYTES == 0, "secondary_address");

/* Unlocks the control register, clears old errors and sets the operation. */
static bool begin(uint32_t operation)
{
    if (REG(FLASH_CR) & FLASH_CR_LOCK) {
        REG(FLASH_KEYR) = KEY_1;
        REG(FLASH_KEYR) = KEY_2;
    }
    if (!wait_until(FLASH_SR, FLASH_SR_BSY, 0, TRIES))
        return false;
    if (!FLASH_AS_EXPECTED())
        return false;
    REG(FLASH_SR) = FLASH_ERRORS | FLASH_SR_EOP; /* writing 1 clears a bit */
    REG(FLASH_CR) = operation;
    return (REG(FLASH_CR) & operation) == operation;
}

/* Empties the cache of data in flash. */
static bool forget(void)
{
#ifdef ICACHE_CR
    REG(ICACHE_CR) |= ICACHE_CR_CACHEINV;
    return wait_until(ICACHE_SR, ICACHE_SR_BUSYF, 0, TRIES);
#else
    REG(FLASH_ACR) &= ~FLASH_ACR_DCEN;
    REG(FLASH_ACR) |= FLASH_ACR_DCRST;
    REG(FLASH_ACR) &= ~FLASH_ACR_DCRST;
    REG(FLASH_ACR) |= FLASH_ACR_DCEN;
    return true;
#endif
}

/* Waits for the end of the operation, locks the control register and empties the cache, which may hold the old
   contents. */
static bool end(bool done)
{
    done = wait_until(FLASH_SR, FLASH_SR_BSY, 0, TRIES) && !(REG(FLASH_SR) & FLASH_ERRORS) && done;
    REG(FLASH_CR) = FLASH_CR_LOCK;
    return forget() && done;
}

bool secondary_erase(uint32_t offset)
{
    bool done;

    if (!slot_contains(offset, PAGE_BYTES) || offset % PAGE_BYTES)
        return false;
    done = begin(FLASH_ERASES(SECONDARY_SLOT + offset));
    if (done)
        REG(FLASH_CR) |= FLASH_CR_STRT;
    return end(done);
}

bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes)
{
    bool done;

    if (!slot_contains(offset, bytes) || offset % WORD_BYTES || bytes % WORD_BYTES)
        return false;
    done = begin(FLASH_PROGRAMS);
    for (uint32_t at = 0; done && at < bytes; at += WORD_BYTES) {
        for (uint32_t part = at; part < at + WORD_BYTES; part += 4) {
            uint32_t value;

            memcpy(&value, data + part, sizeof value);
            REG(SECONDARY_SLOT + offset + part) = value;
        }
        done = wait_until(FLASH_SR, FLASH_SR_BSY, 0, TRIES) && !(REG(FLASH_SR) & FLASH_ERRORS);
    }
    return end(done) && memcmp((const uint8_t *)SECONDARY_SLOT + offset, data, bytes) == 0;
}
