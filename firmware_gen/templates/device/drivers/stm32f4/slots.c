/* Driver for a secondary slot in the flash of an STM32F405, F407, F415 or F417 (RM0090, chapter 3). The slots are whole
   sectors of 128 KiB, of which 1 MiB of flash has seven: sectors 5 to 11. While a sector is erased, which takes up to
   2 s, the core cannot read flash: it waits, and bytes that arrive are lost. */
#include "slots.h"
#include "board.h"
#include "stm32f4_registers.h"

#include <string.h>

enum { FIRST_SECTOR = 5, WORDS = 2, TRIES = 1 << 26 }; /* reads of a register, at least 2 s at 168 MHz */

#define FIRST_ADDRESS 0x08020000u
#define ERRORS (FLASH_SR_OPERR | FLASH_SR_WRPERR | FLASH_SR_PGAERR | FLASH_SR_PGPERR | FLASH_SR_PGSERR)
#define KEY_1 0x45670123u
#define KEY_2 0xCDEF89ABu

_Static_assert(PAGE_BYTES == 0x20000 && WORD_BYTES == 4, "page_size and word_size of this flash");
_Static_assert(SECONDARY_SLOT >= FIRST_ADDRESS && SECONDARY_SLOT % PAGE_BYTES == 0, "secondary_address");

const uint8_t *running_slot(void)
{
    return (const uint8_t *)SLOT_ADDRESS;
}

static bool inside(uint32_t offset, uint32_t bytes)
{
    return offset <= SLOT_BYTES && bytes <= SLOT_BYTES - offset;
}

/* Unlocks the control register, clears old errors and sets the operation. */
static bool begin(uint32_t operation)
{
    if (REG(FLASH_CR) & FLASH_CR_LOCK) {
        REG(FLASH_KEYR) = KEY_1;
        REG(FLASH_KEYR) = KEY_2;
    }
    if (!wait_until(FLASH_SR, FLASH_SR_BSY, 0, TRIES))
        return false;
    REG(FLASH_SR) = ERRORS | FLASH_SR_EOP; /* bits are cleared by writing 1 */
    REG(FLASH_CR) = WORDS * FLASH_CR_PSIZE | operation;
    return (REG(FLASH_CR) & operation) == operation;
}

/* Waits for the end, locks the control register and empties the data cache, which may hold the old contents. */
static bool end(bool done)
{
    done = wait_until(FLASH_SR, FLASH_SR_BSY, 0, TRIES) && !(REG(FLASH_SR) & ERRORS) && done;
    REG(FLASH_CR) = FLASH_CR_LOCK;
    REG(FLASH_ACR) &= ~FLASH_ACR_DCEN;
    REG(FLASH_ACR) |= FLASH_ACR_DCRST;
    REG(FLASH_ACR) &= ~FLASH_ACR_DCRST;
    REG(FLASH_ACR) |= FLASH_ACR_DCEN;
    return done;
}

bool secondary_erase(uint32_t offset)
{
    uint32_t sector = FIRST_SECTOR + (SECONDARY_SLOT - FIRST_ADDRESS + offset) / PAGE_BYTES;
    bool done;

    if (!inside(offset, PAGE_BYTES) || offset % PAGE_BYTES)
        return false;
    done = begin(FLASH_CR_SER | sector * FLASH_CR_SNB);
    if (done)
        REG(FLASH_CR) |= FLASH_CR_STRT;
    return end(done);
}

bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes)
{
    bool done;

    if (!inside(offset, bytes) || offset % WORD_BYTES || bytes % WORD_BYTES)
        return false;
    done = begin(FLASH_CR_PG);
    for (uint32_t at = 0; done && at < bytes; at += WORD_BYTES) {
        uint32_t word;

        memcpy(&word, data + at, sizeof word);
        REG(SECONDARY_SLOT + offset + at) = word;
        done = wait_until(FLASH_SR, FLASH_SR_BSY, 0, TRIES) && !(REG(FLASH_SR) & ERRORS);
    }
    return end(done) && memcmp((const uint8_t *)SECONDARY_SLOT + offset, data, bytes) == 0;
}

bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    if (!inside(offset, bytes))
        return false;
    memcpy(to, (const uint8_t *)SECONDARY_SLOT + offset, bytes);
    return true;
}
