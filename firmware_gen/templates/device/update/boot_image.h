/* Reads an MCUboot image in a slot as the boot loader does (bootutil/image.h): header, image, type-length-values. */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include "sha256.h"

#include <stdbool.h>
#include <stdint.h>

struct boot_image {
    uint32_t bytes;             /* size of the image with its values */
    uint32_t hashed;            /* bytes that `hash` covers, from the start */
    uint8_t hash[SHA256_BYTES]; /* as stated in the image, not computed */
    uint32_t counter;           /* security counter of the protected area; 0 without one */
    bool has_counter;
    bool is_signed; /* has an ed25519 signature, which only the boot loader checks */
    uint64_t found; /* types of unprotected values, one bit each */
};

/* Reads bytes of a slot. Returns false beyond its end. */
typedef bool boot_image_reader(uint32_t offset, uint8_t *to, uint32_t bytes);

/* Reads an image for this slot. Returns false if there is none, its sizes are inconsistent, or a value is duplicate, of a wrong
   length, or in an area where MCUboot does not allow it. The host has the same rule (boards/images/mcuboot.py). */
bool boot_image_read(boot_image_reader *read, struct boot_image *image);

/* Computes the SHA-256 of `mark` and the slot's first `bytes` bytes. Calls `tick` every 16 pieces. */
bool boot_image_hash(boot_image_reader *read, uint32_t bytes, const char *mark, void (*tick)(void),
                     uint8_t digest[SHA256_BYTES]);

#endif
