/* Parses an MCUboot image in a slot as the boot loader does (bootutil/image.h): header, image, type-length-values. */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include "sha256.h"

#include <stdbool.h>
#include <stdint.h>

struct boot_image {
    uint32_t bytes;             /* size of the image including its TLVs */
    uint32_t hashed;            /* number of bytes covered by `hash`, from the start */
    uint8_t hash[SHA256_BYTES]; /* the digest stated in the image, not a computed one */
    uint32_t counter;           /* security counter from the protected area, 0 if there is none */
    bool has_counter;
    bool is_signed; /* whether the image has an ed25519 signature, which only the boot loader checks */
    uint64_t found; /* bit mask of the types of unprotected values */
};

/* Reads bytes from a slot. Returns false if the bytes extend beyond the end of the slot. */
typedef bool boot_image_reader(uint32_t offset, uint8_t *to, uint32_t bytes);

/* Parses an image for this slot. Returns false if the slot has no image, if the sizes are inconsistent, or if a value
   is duplicated, has the wrong length, or is in an area where MCUboot does not allow it. The host applies the same rule
   (boards/images/mcuboot.py). */
bool boot_image_read(boot_image_reader *read, struct boot_image *image);

/* Computes the SHA-256 digest of the string `mark` followed by the first `bytes` bytes of the slot. Calls `tick` after
   every 16 blocks. */
bool boot_image_hash(boot_image_reader *read, uint32_t bytes, const char *mark, void (*tick)(void),
                     uint8_t digest[SHA256_BYTES]);

#endif
