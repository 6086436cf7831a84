#include "sha256.h"

#include <string.h>

static uint32_t turned(uint32_t value, unsigned by)
{
    return value >> by | value << (32 - by);
}

static uint32_t word_at(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void put_word(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

/* Processes one 64-byte block, keeping only the last 16 words of the message schedule. */
static void compress(uint32_t state[8], const uint8_t *block)
{
    static const uint32_t round[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };
    uint32_t words[16];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6],
             h = state[7];

    for (unsigned i = 0; i < 64; i++) {
        uint32_t *word = &words[i & 15], mixed, first;

        if (i < 16) {
            *word = word_at(block + 4 * i);
        } else {
            uint32_t far = words[(i + 1) & 15], near = words[(i + 14) & 15];

            *word += (turned(far, 7) ^ turned(far, 18) ^ far >> 3) + words[(i + 9) & 15]
                     + (turned(near, 17) ^ turned(near, 19) ^ near >> 10);
        }
        mixed = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (g ^ (e & (f ^ g))) + round[i] + *word;
        first = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) | (c & (a | b)));
        h = g;
        g = f;
        f = e;
        e = d + mixed;
        d = c;
        c = b;
        b = a;
        a = mixed + first;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

void sha256_start(struct sha256 *sha)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(sha->state, initial, sizeof initial);
    sha->bytes = 0;
}

void sha256_add(struct sha256 *sha, const uint8_t *data, uint32_t bytes)
{
    while (bytes) {
        uint32_t used = sha->bytes % 64, part = 64 - used < bytes ? 64 - used : bytes;

        memcpy(sha->block + used, data, part);
        sha->bytes += part;
        data += part;
        bytes -= part;
        if (used + part == 64)
            compress(sha->state, sha->block);
    }
}

void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_BYTES])
{
    uint32_t bits = sha->bytes * 8, used = sha->bytes % 64;

    sha->block[used++] = 0x80;
    if (used > 56) {
        memset(sha->block + used, 0, 64 - used);
        compress(sha->state, sha->block);
        used = 0;
    }
    memset(sha->block + used, 0, 60 - used);
    put_word(sha->block + 60, bits);
    compress(sha->state, sha->block);
    for (unsigned i = 0; i < 8; i++)
        put_word(digest + 4 * i, sha->state[i]);
}

bool sha256_equal(const uint8_t one[SHA256_BYTES], const uint8_t other[SHA256_BYTES])
{
    volatile uint8_t differ = 0; /* volatile, to prevent the compiler from leaving the loop early */

    for (uint32_t i = 0; i < SHA256_BYTES; i++)
        differ = (uint8_t)(differ | (one[i] ^ other[i]));
    return differ == 0;
}
