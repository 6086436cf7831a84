#include "boot_image.h"
#include "board.h"
#include "link.h"

#include <string.h>

enum { HEADER = 28, MAGIC = 0, ADDRESS = 4, HEADER_SIZE = 8, PROTECTED_SIZE = 10, IMAGE_SIZE = 12, FLAGS = 16, FLAG_FIXED = 0x100 };
enum { AREA = 4, AREA_MAGIC = 0x6907, PROTECTED_MAGIC = 0x6908 };
enum { TYPE_SHA256 = 0x10, TYPE_ED25519 = 0x24, TYPE_COUNTER = 0x50 };

#define IMAGE_MAGIC 0x96F3B83Du

static bool take(boot_image_reader *read, uint32_t at, uint32_t type, uint32_t bytes, struct boot_image *image)
{
    uint8_t number[4];

    switch (type) {
    case TYPE_SHA256:
        return bytes == SHA256_BYTES && read(at, image->hash, bytes);
    case TYPE_COUNTER:
        if (bytes != sizeof number || !read(at, number, bytes))
            return false;
        image->counter = get32(number);
        return true;
    case TYPE_ED25519:
        image->is_signed = true;
        return true;
    default:
        return true;
    }
}

/* One area of values at `at`; its size, 0 if it is damaged. `found` tells whether the hash was among them. */
static uint32_t read_area(boot_image_reader *read, uint32_t at, uint32_t magic, struct boot_image *image, bool *found)
{
    uint8_t pair[AREA];
    uint32_t total, type, bytes;

    if (!read(at, pair, AREA) || get16(pair) != magic)
        return 0;
    total = get16(pair + 2);
    for (uint32_t next = AREA; next < total; next += AREA + bytes) {
        if (total - next < AREA || !read(at + next, pair, AREA))
            return 0;
        type = get16(pair);
        bytes = get16(pair + 2);
        if (bytes > total - next - AREA || !take(read, at + next + AREA, type, bytes, image))
            return 0;
        *found |= type == TYPE_SHA256;
    }
    return total;
}

bool boot_image_read(boot_image_reader *read, struct boot_image *image)
{
    uint8_t header[HEADER];
    uint32_t protected_bytes, own, area;
    bool found = false;

    memset(image, 0, sizeof *image);
    if (!read(0, header, HEADER) || get32(header + MAGIC) != IMAGE_MAGIC || get16(header + HEADER_SIZE) != HEADER_BYTES)
        return false;
    if ((get32(header + FLAGS) & FLAG_FIXED) && get32(header + ADDRESS) != SLOT_ADDRESS)
        return false;
    own = get32(header + IMAGE_SIZE);
    protected_bytes = get16(header + PROTECTED_SIZE);
    if (own > SLOT_BYTES - HEADER_BYTES || protected_bytes > SLOT_BYTES - HEADER_BYTES - own)
        return false;
    image->hashed = HEADER_BYTES + own + protected_bytes;
    if (protected_bytes && read_area(read, HEADER_BYTES + own, PROTECTED_MAGIC, image, &found) != protected_bytes)
        return false;
    found = false; /* the hash cannot be among what it is made of */
    area = read_area(read, image->hashed, AREA_MAGIC, image, &found);
    image->bytes = image->hashed + area;
    return area != 0 && found;
}

bool boot_image_hash(boot_image_reader *read, uint32_t bytes, const char *mark, void (*tick)(void), uint8_t digest[SHA256_BYTES])
{
    static uint8_t piece[1024];
    static struct sha256 sha;

    sha256_start(&sha);
    for (; *mark; mark++)
        sha256_add(&sha, (const uint8_t *)mark, 1);
    for (uint32_t at = 0, part; at < bytes; at += part) {
        part = bytes - at < sizeof piece ? bytes - at : (uint32_t)sizeof piece;
        if (!read(at, piece, part))
            return false;
        sha256_add(&sha, piece, part);
        if (at % (16 * sizeof piece) == 0)
            tick();
    }
    sha256_end(&sha, digest);
    return true;
}
