/* SHA-256 (FIPS 180-4) for the contents of slots. */
#ifndef SHA256_H
#define SHA256_H

#include <stdbool.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

struct sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint32_t bytes; /* number of bytes so far; slots are much smaller than 2^29 bytes */
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const uint8_t *data, uint32_t bytes);
/* Writes the digest. `sha` cannot be used afterwards. */
void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

/* Returns whether two digests are equal, in constant time. */
bool sha256_equal(const uint8_t one[SHA256_BYTES], const uint8_t other[SHA256_BYTES]);

#endif
