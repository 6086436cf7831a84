#include "boot_image.h"
#include "board.h"
#include "link.h"

#include <string.h>

enum { HEADER = 28, MAGIC = 0, ADDRESS = 4, HEADER_SIZE = 8, PROTECTED_SIZE = 10, IMAGE_SIZE = 12, FLAGS = 16 };
enum { FLAG_PIC = 0x1, FLAG_FIXED = 0x100, VECTORS = 8 };
enum { AREA = 4, AREA_MAGIC = 0x6907, PROTECTED_MAGIC = 0x6908 };
enum {
    TYPE_KEY_HASH = 0x01,
    TYPE_SHA256 = 0x10,
    TYPE_ED25519 = 0x24,
    TYPE_LEAST_PROTECTED = 0x40,
    TYPE_COUNTER = 0x50,
};
enum { COUNTER_BYTES = 4, SIGNATURE_BYTES = 64 };
enum { PIECE = PAGE_BYTES < 1024 ? PAGE_BYTES : 1024 }; /* drivers read at most one page at a time */

#define IMAGE_MAGIC 0x96F3B83Du
#define BIT(type) ((uint64_t)1 << (type))

/* Types that MCUboot allows in the unprotected area: keys, hashes and signatures of all kinds. */
static const uint64_t unprotected = BIT(0x01) | BIT(0x02) | BIT(0x10) | BIT(0x11) | BIT(0x12) | BIT(0x20) | BIT(0x21)
                                    | BIT(0x22) | BIT(0x23) | BIT(0x24);

/* Accepts a value in the protected area, which is covered by the hash: any protected type, and at most one security
   counter. */
static bool take_protected(boot_image_reader *read, uint32_t at, uint32_t type, uint32_t bytes,
                           struct boot_image *image)
{
    uint8_t number[COUNTER_BYTES];

    if (type != TYPE_COUNTER)
        return type >= TYPE_LEAST_PROTECTED;
    if (image->has_counter || bytes != COUNTER_BYTES || !read(at, number, bytes))
        return false;
    image->has_counter = true;
    image->counter = get32(number);
    return true;
}

/* Accepts a value in the unprotected area: each type at most once. As in MCUboot, a signature must follow the hash of
   its key. */
static bool take_unprotected(boot_image_reader *read, uint32_t at, uint32_t type, uint32_t bytes,
                             struct boot_image *image)
{
    if (type >= 64 || !(unprotected & BIT(type)) || (image->found & BIT(type)))
        return false;
    image->found |= BIT(type);
    switch (type) {
    case TYPE_SHA256:
        return bytes == SHA256_BYTES && read(at, image->hash, bytes);
    case TYPE_KEY_HASH:
        return bytes == SHA256_BYTES;
    case TYPE_ED25519:
        image->is_signed = true;
        return bytes == SIGNATURE_BYTES && (image->found & BIT(TYPE_KEY_HASH));
    default:
        return true;
    }
}

/* Reads the area of values at offset `at`. Returns the area's size, or 0 if the area is damaged or contains a value
   that is not allowed. */
static uint32_t read_area(boot_image_reader *read, uint32_t at, uint32_t magic, struct boot_image *image)
{
    uint8_t pair[AREA];
    uint32_t total, type, bytes;

    if (!read(at, pair, AREA) || get16(pair) != magic)
        return 0;
    total = get16(pair + 2);
    if (total < AREA || total > SLOT_BYTES - at)
        return 0;
    for (uint32_t next = AREA; next < total; next += AREA + bytes) {
        if (total - next < AREA || !read(at + next, pair, AREA))
            return 0;
        type = get16(pair);
        bytes = get16(pair + 2);
        if (bytes > total - next - AREA)
            return 0;
        if (!(magic == PROTECTED_MAGIC ? take_protected : take_unprotected)(read, at + next + AREA, type, bytes, image))
            return 0;
    }
    return total;
}

bool boot_image_read(boot_image_reader *read, struct boot_image *image)
{
    uint8_t header[HEADER];
    uint32_t protected_bytes, own, area, flags;

    memset(image, 0, sizeof *image);
    if (!read(0, header, HEADER) || get32(header + MAGIC) != IMAGE_MAGIC || get16(header + HEADER_SIZE) != HEADER_BYTES)
        return false;
    flags = get32(header + FLAGS);
    if ((flags & ~(uint32_t)(FLAG_PIC | FLAG_FIXED))
        || ((flags & FLAG_FIXED) && get32(header + ADDRESS) != SLOT_ADDRESS))
        return false;
    own = get32(header + IMAGE_SIZE);
    protected_bytes = get16(header + PROTECTED_SIZE);
    if (own < VECTORS || own > SLOT_BYTES - HEADER_BYTES || protected_bytes > SLOT_BYTES - HEADER_BYTES - own)
        return false;
    image->hashed = HEADER_BYTES + own + protected_bytes;
    if (protected_bytes && read_area(read, HEADER_BYTES + own, PROTECTED_MAGIC, image) != protected_bytes)
        return false;
    area = read_area(read, image->hashed, AREA_MAGIC, image);
    image->bytes = image->hashed + area;
    return area != 0 && (image->found & BIT(TYPE_SHA256));
}

bool boot_image_hash(boot_image_reader *read, uint32_t bytes, const char *mark, void (*tick)(void),
                     uint8_t digest[SHA256_BYTES])
{
    static uint8_t piece[PIECE];
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
