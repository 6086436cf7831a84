/* An MCUboot image in a slot, read as the boot loader reads it (bootutil/image.h): header, and type-length-values behind. */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include "sha256.h"

#include <stdbool.h>
#include <stdint.h>

struct boot_image {
    uint32_t bytes;             /* all of it */
    uint32_t hashed;            /* of these, that `hash` is made of */
    uint8_t hash[SHA256_BYTES]; /* as the image says, not as it is */
    uint32_t counter;           /* security counter, of the area that is hashed; 0 without one */
    bool has_counter;
    bool is_signed; /* there is an ed25519 signature. Whether it is right the boot loader decides */
    uint64_t found; /* types of values behind what is hashed, a bit each */
};

/* Bytes of a slot; false beyond it. */
typedef bool boot_image_reader(uint32_t offset, uint8_t *to, uint32_t bytes);

/* Of an image for this slot; false if there is none, its sizes make no sense, or it has a value twice, of a wrong length, or
   where MCUboot takes none. The host has the same rule (boards/images/mcuboot.py). */
bool boot_image_read(boot_image_reader *read, struct boot_image *image);

/* SHA-256 of `mark` and the slot's first `bytes`. `tick` is called now and then. */
bool boot_image_hash(boot_image_reader *read, uint32_t bytes, const char *mark, void (*tick)(void),
                     uint8_t digest[SHA256_BYTES]);

#endif
