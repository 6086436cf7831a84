/* Fuzzes the firmware's image reader with libFuzzer. The reader must either refuse a slot or find an image that is
   within the slot and satisfies the rules in boot_image.h. An input is the start of the slot. The rest of the flash
   is erased. */
#include "board.h"
#include "boot_image.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t *slot;
static uint32_t given;

static bool read(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    uint32_t held = offset < given ? given - offset : 0;

    if (offset > SLOT_BYTES || bytes > SLOT_BYTES - offset)
        return false;
    if (bytes > PAGE_BYTES) /* drivers may refuse longer reads */
        abort();
    held = held < bytes ? held : bytes;
    if (held)
        memcpy(to, slot + offset, held);
    memset(to + held, 0xFF, bytes - held);
    return true;
}

static void tick(void) {}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct boot_image image;
    uint8_t digest[SHA256_BYTES];

    slot = data;
    given = size < SLOT_BYTES ? (uint32_t)size : SLOT_BYTES;
    if (!boot_image_read(read, &image))
        return 0;
    if (image.bytes > SLOT_BYTES || image.hashed < HEADER_BYTES + 8
        || image.hashed + 4 + 4 + SHA256_BYTES > image.bytes)
        abort();
    if (image.counter && !image.has_counter)
        abort();
    if (!boot_image_hash(read, image.hashed, "", tick, digest))
        abort();
    return 0;
}
