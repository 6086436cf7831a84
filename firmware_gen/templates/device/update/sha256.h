/* SHA-256 (FIPS 180-4), for what the secondary slot holds. */
#ifndef SHA256_H
#define SHA256_H

#include <stdbool.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

struct sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint32_t bytes; /* so far; slots are far smaller than 2^29 */
};

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const uint8_t *data, uint32_t bytes);
/* The digest; `sha` is used up. */
void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES]);

/* Whether two digests are the same, in a time that does not tell where they differ. */
bool sha256_equal(const uint8_t one[SHA256_BYTES], const uint8_t other[SHA256_BYTES]);

#endif
